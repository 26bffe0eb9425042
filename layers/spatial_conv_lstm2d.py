"""The spatially separable convLSTM."""

import keras
from keras import ops

from layers.base_conv_lstm2d import BaseConvLSTM2D
from layers.base_conv_lstm2d_cell import GATES, BaseConvLSTM2DCell


@keras.saving.register_keras_serializable(package="lstm_icnet")
class SpatialConvLSTM2DCell(BaseConvLSTM2DCell):
    """One step of a spatially separable convLSTM (spatial-convLSTM), Eq. (3).

        W * y = W^w * (W^h * y)

    W^h is kh x 1, W^w is 1 x kw, with `filters` channels and nothing else between
    them; each gate's W^w reads its own gate's W^h alone. Strides, padding and dilation
    act along each kernel's own direction. Arguments, call and returns:
    `BaseConvLSTM2DCell`.
    """

    def kernel_shapes(self, channels):
        height, width = self.kernel_size
        return {
            "vertical_kernel": (height, 1, channels, GATES * self.filters),
            "horizontal_kernel": (1, width, self.filters, GATES * self.filters),
        }

    def convolve(
        self,
        y,
        vertical,
        horizontal,
        strides=(1, 1),
        padding="same",
        dilation_rate=(1, 1),
    ):
        y = ops.conv(
            y,
            vertical,
            strides=(strides[0], 1),
            padding=padding,
            data_format=self.data_format,
            dilation_rate=(dilation_rate[0], 1),
        )
        return ops.conv(
            y,
            horizontal,
            strides=(1, strides[1]),
            padding=padding,
            data_format=self.data_format,
            dilation_rate=(1, dilation_rate[1]),
        )


@keras.saving.register_keras_serializable(package="lstm_icnet")
class SpatialConvLSTM2D(BaseConvLSTM2D):
    """Spatially separable convLSTM (spatial-convLSTM) over a clip.

    Arguments, call and returns: `BaseConvLSTM2D`.
    """

    cell_class = SpatialConvLSTM2DCell
