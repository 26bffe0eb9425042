"""The depthwise convLSTM."""

import keras

from layers.base_conv_lstm2d import BaseConvLSTM2D
from layers.base_conv_lstm2d_cell import GATES, BaseConvLSTM2DCell
from layers.fast_operations import depthwise_convolution


@keras.saving.register_keras_serializable(package="lstm_icnet")
class DepthwiseConvLSTM2DCell(BaseConvLSTM2DCell):
    """One step of a depthwise convLSTM (depth-convLSTM), Eq. (6).

    Every W has one filter for each channel. Channels are never mixed, so the input must
    have `filters` channels. Arguments, call and returns: `BaseConvLSTM2DCell`.

    Raises:
        ValueError: As the base class, and if the input does not have `filters`
            channels.
    """

    convolution_with_sum = False

    def build(self, inputs_shape, states_shape=None):
        channels = inputs_shape[self.channel_axis]
        if channels is not None and channels != self.filters:
            raise ValueError(
                "A depthwise cell needs as many input channels as `filters`. "
                f"Received: channels={channels}, filters={self.filters}"
            )
        super().build(inputs_shape, states_shape)

    def kernel_shapes(self, channels):
        return {"depthwise_kernel": (*self.kernel_size, channels, GATES)}

    def convolve(
        self, y, *kernels, strides=(1, 1), padding="same", dilation_rate=(1, 1)
    ):
        (kernel,) = kernels
        return depthwise_convolution(
            y, kernel, strides, padding, self.data_format, dilation_rate
        )


@keras.saving.register_keras_serializable(package="lstm_icnet")
class DepthwiseConvLSTM2D(BaseConvLSTM2D):
    """Depthwise convLSTM (depth-convLSTM) over a clip.

    Arguments, call and returns: `BaseConvLSTM2D`; `filters` must be the input's number
    of channels.
    """

    cell_class = DepthwiseConvLSTM2DCell
