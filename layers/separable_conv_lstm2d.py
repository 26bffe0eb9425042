"""The depthwise separable convLSTM."""

import keras
from keras import ops

from layers.base_conv_lstm2d import BaseConvLSTM2D
from layers.base_conv_lstm2d_cell import GATES, BaseConvLSTM2DCell
from layers.fast_operations import depthwise_convolution


@keras.saving.register_keras_serializable(package="lstm_icnet")
class SeparableConvLSTM2DCell(BaseConvLSTM2DCell):
    """One step of a depthwise separable convLSTM (sep-convLSTM), Eq. (9).

        W * y = W^{1x1} * (W (*) y)

    W (*) y has one filter for each channel, and W^{1x1} mixes the channels. Strides,
    padding and dilation apply to the depthwise part. Arguments, call and returns:
    `BaseConvLSTM2DCell`.
    """

    def kernel_shapes(self, channels):
        return {
            "depthwise_kernel": (*self.kernel_size, channels, GATES),
            "pointwise_kernel": (1, 1, channels, GATES * self.filters),
        }

    def convolve(
        self, y, *kernels, strides=(1, 1), padding="same", dilation_rate=(1, 1)
    ):
        depthwise, pointwise = kernels
        y = depthwise_convolution(
            y, depthwise, strides, padding, self.data_format, dilation_rate
        )
        return ops.conv(y, pointwise, data_format=self.data_format)


@keras.saving.register_keras_serializable(package="lstm_icnet")
class SeparableConvLSTM2D(BaseConvLSTM2D):
    """Depthwise separable convLSTM (sep-convLSTM) over a clip.

    Arguments, call and returns: `BaseConvLSTM2D`.
    """

    cell_class = SeparableConvLSTM2DCell
