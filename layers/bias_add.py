"""Adding a bias in the form that the backend fuses into a convolution."""

from typing import Any

import keras
from keras import ops


def bias_add(y: Any, bias: Any, data_format: str, with_sum: bool = True) -> Any:
    """`bias` (channels,) added to `y`, the result of a convolution.

    Args:
        y: Float tensor `(batch, height, width, channels)`, or with the channels second.
        bias: `(channels,)`.
        data_format: `"channels_last"` or `"channels_first"`.
        with_sum: Whether the sum that follows may be fused, too; for a depthwise
            convolution it may not.

    TensorFlow's graph optimiser fuses its own bias operation into a convolution, and
    also the sum with another convolution; it does not fuse a broadcast addition. With a
    depthwise convolution, an attempt to fuse the sum fails and prevents the bias from
    being fused. An operation between bias and sum that does nothing avoids this.
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
