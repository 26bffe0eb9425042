"""Adding a bias in the form that the backend fuses."""

import keras
from keras import ops


def bias_add(y, bias, data_format):
    """`bias` (channels,) added to `y`, the result of a convolution.

    Args:
        y: Float tensor `(batch, height, width, channels)`, or with the channels second.
        bias: `(channels,)`.
        data_format: `"channels_last"` or `"channels_first"`.

    TensorFlow's graph optimiser fuses its own bias operation into the convolution,
    and with it the sum of two convolutions; a broadcast addition it does not.
    """
    bias = ops.convert_to_tensor(bias)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        channels = {"channels_last": "NHWC", "channels_first": "NCHW"}[data_format]
        return tf.nn.bias_add(y, bias, channels)
    if data_format == "channels_first":
        bias = bias[:, None, None]
    return y + bias
