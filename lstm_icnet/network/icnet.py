"""ICNet at half width, written once, with four taps where a cell may be placed.

The layers are those of the authors' network, with the names of ICNet's prototxt.
Convolutions keep the size or, with stride 2, halve it and round up.

A *drawing* decides what is at the four taps and which frames each section of the
network computes (`drawings.py`); `NamedLayers` holds the weights. The clip graph and
the streaming graph are two calls of `draw_icnet`.
"""

from collections.abc import Sequence

import keras
from keras import ops

from lstm_icnet.network.drawings import Drawing
from lstm_icnet.network.image_layers import (
    MeanSubtraction,
    ResizeBilinear,
    shrunk,
    zoomed,
)
from lstm_icnet.network.named_layers import NamedLayers

# The windows of the finest pool are a quarter of a map that was halved five times, so
# a smaller image leaves them without a pixel.
SMALLEST_SIDE = 97
HEADS = ("main", "sub24", "sub4")
HEAD_LAYERS = {"main": "conv6_cls", "sub24": "sub24_out", "sub4": "sub4_out"}


def draw_icnet(
    images: keras.KerasTensor,
    layers: NamedLayers,
    drawing: Drawing,
    num_classes: int,
    mean_rgb: Sequence[float],
    heads: Sequence[str] = HEADS,
) -> dict[str, keras.KerasTensor]:
    """Logits of ICNet, `{head: (batch, height, width, num_classes)}`.

    Args:
        images: Float tensor `(frames, height, width, 3)`, RGB in [0, 255].
        layers: `NamedLayers`.
        drawing: What is at the taps.
        num_classes: Int.
        mean_rgb: Three floats.
        heads: Which of `HEADS` to draw: `main` at about a quarter of the image's
            size, `sub24` at an eighth, `sub4` at a sixteenth.
    """
    dtype = layers.full_precision()
    images = layers.get(MeanSubtraction, "data", mean_rgb=mean_rgb, dtype=dtype)(images)
    conv3_1 = _trunk(drawing.move(images, "image", "trunk"), layers)

    conv5_4 = _low_resolution(drawing.move(conv3_1, "trunk", "low"), layers)
    low = _branch_end("conv_sub4", "sub4", conv5_4, layers, drawing, 3, dilation_rate=2)

    medium = drawing.move(conv3_1, "trunk", "medium")
    medium = _branch_end("conv3_1_sub2_proj", "sub2", medium, layers, drawing, 1)
    sub24 = _zoom("sub24_sum_interp", _fuse("sub24_sum", low, medium, layers), layers)

    high = _high_resolution(drawing.move(images, "image", "high"), layers)
    high = _branch_end("conv3_sub1_proj", "sub1", high, layers, drawing, 1)
    sub2 = layers.conv_bn("conv_sub2", sub24, 128, 3, dilation_rate=2)
    sub12 = drawing.tap("sub12", _fuse("sub12_sum", sub2, high, layers))
    if drawing.has_cell("sub12"):
        sub12 = ops.relu(layers.batch_norm("convlstm_sub12_bn", sub12))
    sub12 = _zoom("sub12_sum_interp", sub12, layers)

    classified = {
        "main": lambda: sub12,
        "sub24": lambda: drawing.move(sub24, "fused", "heads"),
        "sub4": lambda: drawing.move(conv5_4, "low", "heads"),
    }
    return {
        head: layers.classifier(HEAD_LAYERS[head], classified[head](), num_classes)
        for head in heads
    }


def _trunk(images, layers):
    """The image at half size up to conv3_1, shared by the low and medium branch."""
    dtype = layers.full_precision()
    x = _shrink("data_sub2", images, layers, dtype)
    x = layers.conv_bn_relu("conv1_1_3x3_s2", x, 32, 3, strides=2, dtype=dtype)
    x = layers.conv_bn_relu("conv1_2_3x3", x, 32, 3)
    x = layers.conv_bn_relu("conv1_3_3x3", x, 64, 3)
    x = ops.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])
    x = ops.max_pool(x, 3, strides=2, padding="valid")
    x = _residual_stage("conv2", (1, 2, 3), x, 32, layers)
    return _residual_stage("conv3", (1,), x, 64, layers, strides=2)


def _low_resolution(conv3_1, layers):
    """conv3_1 at half its size, through the pyramid pooling, to conv5_4 zoomed."""
    x = _shrink("conv3_1_sub4", conv3_1, layers)
    x = _residual_stage("conv3", (2, 3, 4), x, 64, layers)
    x = _residual_stage("conv4", (1, 2, 3, 4, 5, 6), x, 128, layers, dilation_rate=2)
    x = _residual_stage("conv5", (1, 2, 3), x, 256, layers, dilation_rate=4)
    x = _pyramid_pooling(x, layers)
    x = layers.conv_bn_relu("conv5_4_k1", x, 256, 1)
    return _zoom("conv5_4_interp", x, layers)


def _high_resolution(images, layers):
    dtype = layers.full_precision()
    x = layers.conv_bn_relu("conv1_sub1", images, 32, 3, strides=2, dtype=dtype)
    x = layers.conv_bn_relu("conv2_sub1", x, 32, 3, strides=2)
    return layers.conv_bn_relu("conv3_sub1", x, 64, 3, strides=2)


def _branch_end(name, tap, x, layers, drawing, kernel_size, **arguments):
    """The convolution at the end of a branch, its tap, and batch normalisation."""
    if not drawing.has_cell(tap):
        x = layers.conv_bn(name, x, 128, kernel_size, **arguments)
        return drawing.tap(tap, x)
    x = drawing.tap(tap, layers.conv(name, x, 128, kernel_size, **arguments))
    return layers.batch_norm(f"{name}_bn", x)


def _residual_stage(stage, blocks, x, filters, layers, strides=1, dilation_rate=1):
    """Bottleneck blocks; the first of a stage projects its shortcut."""
    for block in blocks:
        name = f"{stage}_{block}"
        shortcut, step = x, 1
        if block == 1:
            step = strides
            shortcut = layers.conv_bn(
                f"{name}_1x1_proj", x, 4 * filters, 1, strides=step
            )
        y = layers.conv_bn_relu(f"{name}_1x1_reduce", x, filters, 1, strides=step)
        y = layers.conv_bn_relu(
            f"{name}_3x3", y, filters, 3, dilation_rate=dilation_rate
        )
        y = layers.conv_bn(f"{name}_1x1_increase", y, 4 * filters, 1)
        x = ops.relu(y + shortcut)
    return x


def _pyramid_pooling(x, layers):
    """x plus its averages over a grid of about 1, 2, 3 and 4 windows a side.

    Windows are `(height // n, width // n)` without the remainder, as in the authors'
    network. Caffe's original has six windows a side in the last, but the layer is still
    called pool6.
    """
    size = x.shape[1:3]
    total = x
    for count, name in ((1, "pool1"), (2, "pool2"), (3, "pool3"), (4, "pool6")):
        window = (size[0] // count, size[1] // count)
        pooled = ops.average_pool(x, window, strides=window, padding="valid")
        total = total + _resize(f"conv5_3_{name}_interp", pooled, size, layers)
    return total


def _fuse(name, coarse, fine, layers):
    """Cascade feature fusion: the coarse map at the fine one's size, sum, ReLU."""
    coarse = _resize(
        f"{name}_resize", coarse, fine.shape[1:3], layers, align_corners=False
    )
    return ops.relu(coarse + fine)


def _shrink(name, x, layers, dtype=None):
    return _resize(name, x, shrunk(x.shape[1:3]), layers, dtype=dtype)


def _zoom(name, x, layers):
    return _resize(name, x, zoomed(x.shape[1:3]), layers)


def _resize(name, x, size, layers, align_corners=True, dtype=None):
    resize = layers.get(
        ResizeBilinear, name, size=size, align_corners=align_corners, dtype=dtype
    )
    return resize(x)
