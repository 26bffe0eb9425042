"""The four convLSTM cells of the paper as Keras layers."""

from layers.conv_lstm2d import ConvLSTM2D, ConvLSTM2DCell
from layers.depthwise_conv_lstm2d import DepthwiseConvLSTM2D, DepthwiseConvLSTM2DCell
from layers.separable_conv_lstm2d import SeparableConvLSTM2D, SeparableConvLSTM2DCell
from layers.spatial_conv_lstm2d import SpatialConvLSTM2D, SpatialConvLSTM2DCell

LAYERS = {
    "standard": ConvLSTM2D,
    "spatial": SpatialConvLSTM2D,
    "depthwise": DepthwiseConvLSTM2D,
    "separable": SeparableConvLSTM2D,
}
CELLS = {kind: layer.cell_class for kind, layer in LAYERS.items()}
__all__ = [
    "CELLS",
    "LAYERS",
    "ConvLSTM2D",
    "ConvLSTM2DCell",
    "DepthwiseConvLSTM2D",
    "DepthwiseConvLSTM2DCell",
    "SeparableConvLSTM2D",
    "SeparableConvLSTM2DCell",
    "SpatialConvLSTM2D",
    "SpatialConvLSTM2DCell",
]
