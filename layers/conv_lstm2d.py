"""The standard convLSTM."""

import keras
from keras import ops

from layers.base_conv_lstm2d import BaseConvLSTM2D
from layers.base_conv_lstm2d_cell import GATES, BaseConvLSTM2DCell


@keras.saving.register_keras_serializable(package="lstm_icnet")
class ConvLSTM2DCell(BaseConvLSTM2DCell):
    """One step of a standard convLSTM, Eq. (1): eight full convolutions.

    Its weights, gates and results are those of `keras.layers.ConvLSTM2D`. Arguments,
    call and returns: `BaseConvLSTM2DCell`.
    """

    def kernel_shapes(self, channels):
        return {"kernel": (*self.kernel_size, channels, GATES * self.filters)}

    def convolve(
        self, y, *kernels, strides=(1, 1), padding="same", dilation_rate=(1, 1)
    ):
        (kernel,) = kernels
        return ops.conv(y, kernel, strides, padding, self.data_format, dilation_rate)


@keras.saving.register_keras_serializable(package="lstm_icnet")
class ConvLSTM2D(BaseConvLSTM2D):
    """Standard convLSTM over a clip, a drop-in for `keras.layers.ConvLSTM2D`.

    Arguments, call and returns: `BaseConvLSTM2D`.
    """

    cell_class = ConvLSTM2DCell
