"""Adding a bias in the form that the backend fuses."""

import keras
from keras import ops


def bias_add(y, bias, data_format, with_sum=True):
    """`bias` (channels,) added to `y`, the result of a convolution.

    Args:
        y: Float tensor `(batch, height, width, channels)`, or with the channels second.
        bias: `(channels,)`.
        data_format: `"channels_last"` or `"channels_first"`.
        with_sum: Whether the backend has a convolution that also adds what follows.

    TensorFlow's graph optimiser fuses its own bias operation into the convolution,
    and with it the sum of two convolutions; a broadcast addition it does not. At a
    depthwise convolution it knows no such sum, and the attempt costs the bias its
    fusion too, unless an operation that does nothing keeps the sum away.
    """
    bias = ops.convert_to_tensor(bias)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        channels = {"channels_last": "NHWC", "channels_first": "NCHW"}[data_format]
        y = tf.nn.bias_add(y, bias, channels)
        return y if with_sum else tf.ensure_shape(y, y.shape)
    if data_format == "channels_first":
        bias = bias[:, None, None]
    return y + bias
