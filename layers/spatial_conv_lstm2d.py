"""The spatially separable convLSTM."""

import keras
from keras import ops

from layers.base_conv_lstm2d import BaseConvLSTM2D
from layers.base_conv_lstm2d_cell import GATES, BaseConvLSTM2DCell


@keras.saving.register_keras_serializable(package="lstm_icnet")
class SpatialConvLSTM2DCell(BaseConvLSTM2DCell):
    """One step of a spatially separable convLSTM (spatial-convLSTM), Eq. (3).

        W * y = W^w * (W^h * y)

    W^h is kh x 1 and W^w is 1 x kw, with `filters` channels and no activation between
    them; each gate has its own two. Strides, padding and dilation apply along the
    direction of each kernel. Arguments, call and returns:
    `BaseConvLSTM2DCell`.
    """

    def kernel_shapes(self, channels):
        height, width = self.kernel_size
        return {
            "vertical_kernel": (height, 1, channels, GATES * self.filters),
            "horizontal_kernel": (1, width, self.filters, GATES * self.filters),
        }

    def convolve(
        self, y, *kernels, strides=(1, 1), padding="same", dilation_rate=(1, 1)
    ):
        vertical, horizontal = kernels
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
