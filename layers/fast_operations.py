"""Operations in the form that is fast on the backend."""

from typing import Any

import keras
from keras import ops


def depthwise_convolution(
    y: Any,
    kernel: Any,
    strides: tuple[int, int],
    padding: str,
    data_format: str,
    dilation_rate: tuple[int, int],
) -> Any:
    """Convolves each channel with a filter of its own.

    Args:
        y: Float tensor `(batch, height, width, channels)`, or with the channels second.
        kernel: `(kernel_height, kernel_width, channels, 1)`.
        strides, dilation_rate: Pairs of positive ints.
        padding: `"valid"` or `"same"`, in the sense of TensorFlow.
        data_format: `"channels_last"` or `"channels_first"`.

    Returns:
        A tensor as `y`, with the height and width of the convolution's result.

    TensorFlow has a fast operation for equal strides. XLA has no fast one on a CPU: on
    JAX, the same arithmetic written as shifted products is forty times faster.
    """
    if keras.backend.backend() == "tensorflow" and strides[0] == strides[1]:
        return ops.depthwise_conv(
            y, kernel, strides, padding, data_format, dilation_rate
        )
    return _shifted_products(y, kernel, strides, padding, data_format, dilation_rate)


def _shifted_products(y, kernel, strides, padding, data_format, dilation_rate):
    """The sum over the kernel of a shifted image times one weight per channel."""
    height_axis = 1 if data_format == "channels_last" else 2
    reach = [(kernel.shape[a] - 1) * dilation_rate[a] for a in range(2)]
    windows = [
        _window(ops.shape(y)[height_axis + a], reach[a], strides[a], padding)
        for a in range(2)
    ]
    if padding == "same":
        widths = [(0, 0)] * 4
        widths[height_axis : height_axis + 2] = [(r, r) for r in reach]
        y = ops.pad(y, widths)
    total = 0
    for row in range(kernel.shape[0]):
        for column in range(kernel.shape[1]):
            rows = _shifted(windows[0], row * dilation_rate[0], strides[0])
            columns = _shifted(windows[1], column * dilation_rate[1], strides[1])
            weight = kernel[row, column, :, 0]
            if data_format == "channels_last":
                total = total + y[:, rows, columns] * weight
            else:
                total = total + y[:, :, rows, columns] * weight[:, None, None]
    return total


def _shifted(window, shift, stride):
    first, last = window
    return slice(first + shift, last + shift + 1, stride)


def _window(length, reach, stride, padding):
    """First and last pixel that the kernel's first weight is multiplied with.

    For "same", pixels are counted in an image with `reach` zeros on either side.
    """
    if padding == "valid":
        outputs = -(-(length - reach) // stride)
        first = 0
    else:
        outputs = -(-length // stride)
        missing = (outputs - 1) * stride + reach + 1 - length
        missing = (missing + abs(missing)) // 2  # max(missing, 0), also for a tensor
        first = reach - missing // 2
    return first, first + (outputs - 1) * stride


def bias_add(y: Any, bias: Any, data_format: str, with_sum: bool = True) -> Any:
    """`bias` (channels,) added to `y`, the result of a convolution.

    Args:
        y: Float tensor `(batch, height, width, channels)`, or with the channels second.
        bias: `(channels,)`.
        data_format: `"channels_last"` or `"channels_first"`.
        with_sum: Whether TensorFlow may also fuse the addition that follows; it must
            not for a depthwise convolution.

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
