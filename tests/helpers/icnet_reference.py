"""ICNet and LSTM-ICNet v1 to v6 in NumPy, float64, frame by frame and layer by layer.

Written from the layer table of the authors' network (which is Caffe's, except for the
padding of the strided convolutions and the pyramid's windows), independently of the
code under test. All frames of a clip run through all layers.
"""

import numpy as np
import reference

# Kernel, stride, dilation and padding; channels in and out; what follows; the size of
# the output for images of 1024x2048 and of 375x1242. SAME is TensorFlow's rule, a
# number that many zeros on each side.
TABLE = """
conv1_1_3x3_s2       3 2 1 SAME    3   32  bn+relu 256x512   94x311
conv1_2_3x3          3 1 1 SAME   32   32  bn+relu 256x512   94x311
conv1_3_3x3          3 1 1 SAME   32   64  bn+relu 256x512   94x311
conv2_1_1x1_proj     1 1 1 0      64  128  bn      128x256   47x156
conv2_1_1x1_reduce   1 1 1 0      64   32  bn+relu 128x256   47x156
conv2_1_3x3          3 1 1 1      32   32  bn+relu 128x256   47x156
conv2_1_1x1_increase 1 1 1 0      32  128  bn      128x256   47x156
conv2_2_1x1_reduce   1 1 1 0     128   32  bn+relu 128x256   47x156
conv2_2_3x3          3 1 1 1      32   32  bn+relu 128x256   47x156
conv2_2_1x1_increase 1 1 1 0      32  128  bn      128x256   47x156
conv2_3_1x1_reduce   1 1 1 0     128   32  bn+relu 128x256   47x156
conv2_3_3x3          3 1 1 1      32   32  bn+relu 128x256   47x156
conv2_3_1x1_increase 1 1 1 0      32  128  bn      128x256   47x156
conv3_1_1x1_proj     1 2 1 0     128  256  bn      64x128    24x78
conv3_1_1x1_reduce   1 2 1 0     128   64  bn+relu 64x128    24x78
conv3_1_3x3          3 1 1 1      64   64  bn+relu 64x128    24x78
conv3_1_1x1_increase 1 1 1 0      64  256  bn      64x128    24x78
conv3_2_1x1_reduce   1 1 1 0     256   64  bn+relu 32x64     12x39
conv3_2_3x3          3 1 1 1      64   64  bn+relu 32x64     12x39
conv3_2_1x1_increase 1 1 1 0      64  256  bn      32x64     12x39
conv3_3_1x1_reduce   1 1 1 0     256   64  bn+relu 32x64     12x39
conv3_3_3x3          3 1 1 1      64   64  bn+relu 32x64     12x39
conv3_3_1x1_increase 1 1 1 0      64  256  bn      32x64     12x39
conv3_4_1x1_reduce   1 1 1 0     256   64  bn+relu 32x64     12x39
conv3_4_3x3          3 1 1 1      64   64  bn+relu 32x64     12x39
conv3_4_1x1_increase 1 1 1 0      64  256  bn      32x64     12x39
conv4_1_1x1_proj     1 1 1 0     256  512  bn      32x64     12x39
conv4_1_1x1_reduce   1 1 1 0     256  128  bn+relu 32x64     12x39
conv4_1_3x3          3 1 2 2     128  128  bn+relu 32x64     12x39
conv4_1_1x1_increase 1 1 1 0     128  512  bn      32x64     12x39
conv4_2_1x1_reduce   1 1 1 0     512  128  bn+relu 32x64     12x39
conv4_2_3x3          3 1 2 2     128  128  bn+relu 32x64     12x39
conv4_2_1x1_increase 1 1 1 0     128  512  bn      32x64     12x39
conv4_3_1x1_reduce   1 1 1 0     512  128  bn+relu 32x64     12x39
conv4_3_3x3          3 1 2 2     128  128  bn+relu 32x64     12x39
conv4_3_1x1_increase 1 1 1 0     128  512  bn      32x64     12x39
conv4_4_1x1_reduce   1 1 1 0     512  128  bn+relu 32x64     12x39
conv4_4_3x3          3 1 2 2     128  128  bn+relu 32x64     12x39
conv4_4_1x1_increase 1 1 1 0     128  512  bn      32x64     12x39
conv4_5_1x1_reduce   1 1 1 0     512  128  bn+relu 32x64     12x39
conv4_5_3x3          3 1 2 2     128  128  bn+relu 32x64     12x39
conv4_5_1x1_increase 1 1 1 0     128  512  bn      32x64     12x39
conv4_6_1x1_reduce   1 1 1 0     512  128  bn+relu 32x64     12x39
conv4_6_3x3          3 1 2 2     128  128  bn+relu 32x64     12x39
conv4_6_1x1_increase 1 1 1 0     128  512  bn      32x64     12x39
conv5_1_1x1_proj     1 1 1 0     512 1024  bn      32x64     12x39
conv5_1_1x1_reduce   1 1 1 0     512  256  bn+relu 32x64     12x39
conv5_1_3x3          3 1 4 4     256  256  bn+relu 32x64     12x39
conv5_1_1x1_increase 1 1 1 0     256 1024  bn      32x64     12x39
conv5_2_1x1_reduce   1 1 1 0    1024  256  bn+relu 32x64     12x39
conv5_2_3x3          3 1 4 4     256  256  bn+relu 32x64     12x39
conv5_2_1x1_increase 1 1 1 0     256 1024  bn      32x64     12x39
conv5_3_1x1_reduce   1 1 1 0    1024  256  bn+relu 32x64     12x39
conv5_3_3x3          3 1 4 4     256  256  bn+relu 32x64     12x39
conv5_3_1x1_increase 1 1 1 0     256 1024  bn      32x64     12x39
conv5_4_k1           1 1 1 0    1024  256  bn+relu 32x64     12x39
conv_sub4            3 1 2 2     256  128  bn      63x127    23x77
conv3_1_sub2_proj    1 1 1 0     256  128  bn      64x128    24x78
conv_sub2            3 1 2 2     128  128  bn      127x255   47x155
conv1_sub1           3 2 1 SAME    3   32  bn+relu 512x1024  188x621
conv2_sub1           3 2 1 SAME   32   32  bn+relu 256x512   94x311
conv3_sub1           3 2 1 SAME   32   64  bn+relu 128x256   47x156
conv3_sub1_proj      1 1 1 0      64  128  bn      128x256   47x156
conv6_cls            1 1 1 0     128   19  bias    255x511   93x311
sub4_out             1 1 1 0     256   19  bias    63x127    23x77
sub24_out            1 1 1 0     128   19  bias    127x255   47x155
"""

# The taps with a cell. All cells map 128 channels to 128 with 3x3 kernels.
TAPS = {
    None: (),
    1: ("sub1",),
    2: ("sub12",),
    3: ("sub4",),
    4: ("sub4", "sub2"),
    5: ("sub4", "sub2", "sub1"),
    6: ("sub4", "sub2", "sub1", "sub12"),
}


def _row(line):
    name, kernel, stride, dilation, padding, channels, filters, then, *sizes = (
        line.split()
    )
    return name, {
        "kernel": int(kernel),
        "stride": int(stride),
        "dilation": int(dilation),
        "padding": padding,
        "channels": int(channels),
        "filters": int(filters),
        "then": then,
        "sizes": [tuple(map(int, size.split("x"))) for size in sizes],
    }


CONVOLUTIONS = dict(map(_row, TABLE.strip().splitlines()))


def weight_shapes(num_classes):
    """Shapes of all weights but the cells', by layer and then by name."""
    shapes = {}
    for name, row in CONVOLUTIONS.items():
        head = row["then"] == "bias"
        filters = num_classes if head else row["filters"]
        kernel = (row["kernel"], row["kernel"], row["channels"], filters)
        shapes[name] = {"kernel": kernel}
        if head:
            shapes[name]["bias"] = (filters,)
        else:
            norm = ("gamma", "beta", "moving_mean", "moving_variance")
            shapes[f"{name}_bn"] = dict.fromkeys(norm, (filters,))
    return shapes


def same_padding(length, kernel, stride):
    """Zeros before and after an axis by TensorFlow's SAME, the odd one after."""
    outputs = -(-length // stride)
    zeros = max((outputs - 1) * stride + kernel - length, 0)
    return zeros // 2, zeros - zeros // 2


def convolution(x, w, stride, dilation, padding):
    """`x` (frames, height, width, channels) with `w` (k, k, channels, filters)."""
    kernel = w.shape[0]
    if padding == "SAME":
        zeros = [same_padding(length, kernel, stride) for length in x.shape[1:3]]
    else:
        zeros = [(int(padding), int(padding))] * 2
    x = np.pad(x, [(0, 0), *zeros, (0, 0)])
    extent = (kernel - 1) * dilation + 1
    rows, columns = ((length - extent) // stride + 1 for length in x.shape[1:3])
    out = 0
    for a, b in np.ndindex(kernel, kernel):
        y, z = a * dilation, b * dilation
        pixels = x[:, y : y + rows * stride : stride, z : z + columns * stride : stride]
        out = out + pixels[:, :rows, :columns] @ w[a, b]
    return out


def max_pool(x):
    """3x3, stride 2, one pixel of zeros around."""
    x = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    rows, columns = ((length - 3) // 2 + 1 for length in x.shape[1:3])
    taps = [
        x[:, a : a + 2 * rows : 2, b : b + 2 * columns : 2][:, :rows, :columns]
        for a, b in np.ndindex(3, 3)
    ]
    return np.max(taps, axis=0)


def average_pool(x, height, width):
    """Mean over windows of that size, side by side; the remainder is dropped."""
    rows, columns = x.shape[1] // height, x.shape[2] // width
    out = np.zeros((len(x), rows, columns, x.shape[3]))
    for a, b in np.ndindex(rows, columns):
        window = x[:, a * height : (a + 1) * height, b * width : (b + 1) * width]
        out[:, a, b] = window.mean(axis=(1, 2))
    return out


def resize(x, size, align_corners=True):
    """Bilinear resize of `x` (frames, height, width, channels) to `size`."""
    for axis, target in zip((1, 2), size, strict=True):
        length = x.shape[axis]
        position = np.arange(target) * length / target
        if align_corners:
            position = np.linspace(0, length - 1, target)
        before = np.floor(position + 1e-9).astype(int)
        after = np.minimum(before + 1, length - 1)
        share = np.expand_dims(position - before, tuple(range(1, x.ndim - axis)))
        x = (1 - share) * x.take(before, axis) + share * x.take(after, axis)
    return x


def halved(x):
    """Caffe's interp with half the size, (n - 1) / 2 + 1 cut to an int."""
    return resize(x, [int((length - 1) * 0.5 + 1) for length in x.shape[1:3]])


def doubled(x):
    """Caffe's interp with twice the size, n + (n - 1)."""
    return resize(x, [length + (length - 1) for length in x.shape[1:3]])


def relu(x):
    return np.maximum(x, 0)


def fuse(coarse, fine):
    """Cascade feature fusion: the one resize whose corners are not aligned."""
    return relu(resize(coarse, fine.shape[1:3], align_corners=False) + fine)


class Network:
    """One network with its weights.

    `weights` maps a layer to its arrays by name: `kernel` and `bias` of a convolution,
    `gamma`, `beta`, `moving_mean` and `moving_variance` of a batch normalisation, and
    those of a cell. `cell` is the kind of all cells.
    """

    def __init__(self, weights, version=None, cell=None):
        self.weights = weights
        self.taps = TAPS[version]
        self.cell = cell

    def conv(self, name, x):
        row = CONVOLUTIONS[name]
        weights = self.weights[name]
        x = convolution(
            x, weights["kernel"], row["stride"], row["dilation"], row["padding"]
        )
        return x + weights["bias"] if row["then"] == "bias" else x

    def norm(self, name, x):
        w = self.weights[name]
        x = (x - w["moving_mean"]) / np.sqrt(w["moving_variance"] + 1e-5)
        return x * w["gamma"] + w["beta"]

    def layer(self, name, x):
        """A row of the table: convolution, batch normalisation and maybe ReLU."""
        x = self.norm(f"{name}_bn", self.conv(name, x))
        return relu(x) if CONVOLUTIONS[name]["then"] == "bn+relu" else x

    def tap(self, name, x):
        """The cell over the frames of the clip, where the version has one."""
        if name not in self.taps:
            return x
        zeros = np.zeros((1, *x.shape[1:]))
        weights = self.weights[f"convlstm_{name}"]
        h, _ = reference.clip_states(self.cell, weights, x[np.newaxis], zeros, zeros)
        return h[0]

    def block(self, name, x):
        """A bottleneck; a stage's first one has a convolution in its shortcut."""
        projected = f"{name}_1x1_proj" in CONVOLUTIONS
        shortcut = self.layer(f"{name}_1x1_proj", x) if projected else x
        for part in ("1x1_reduce", "3x3", "1x1_increase"):
            x = self.layer(f"{name}_{part}", x)
        return relu(x + shortcut)

    def blocks(self, names, x):
        for name in names.split():
            x = self.block(name, x)
        return x

    def pyramid(self, x):
        height, width = x.shape[1:3]
        pools = [average_pool(x, height // n, width // n) for n in (1, 2, 3, 4)]
        return x + sum(resize(pool, (height, width)) for pool in pools)

    def logits(self, clip, mean_rgb):
        """The three heads' logits of the last frame of `clip` (frames, h, w, RGB)."""
        data = np.asarray(clip, "float64")[..., ::-1] - np.array(mean_rgb)[::-1]

        x = halved(data)
        for name in ("conv1_1_3x3_s2", "conv1_2_3x3", "conv1_3_3x3"):
            x = self.layer(name, x)
        conv3_1 = self.blocks("conv2_1 conv2_2 conv2_3 conv3_1", max_pool(x))

        x = self.blocks("conv3_2 conv3_3 conv3_4", halved(conv3_1))
        x = self.blocks("conv4_1 conv4_2 conv4_3 conv4_4 conv4_5 conv4_6", x)
        x = self.pyramid(self.blocks("conv5_1 conv5_2 conv5_3", x))
        conv5_4 = doubled(self.layer("conv5_4_k1", x))
        low = self.tap("sub4", self.conv("conv_sub4", conv5_4))
        medium = self.tap("sub2", self.conv("conv3_1_sub2_proj", conv3_1))
        sub24 = doubled(
            fuse(
                self.norm("conv_sub4_bn", low),
                self.norm("conv3_1_sub2_proj_bn", medium),
            )
        )

        x = data
        for name in ("conv1_sub1", "conv2_sub1", "conv3_sub1"):
            x = self.layer(name, x)
        high = self.tap("sub1", self.conv("conv3_sub1_proj", x))
        high = self.norm("conv3_sub1_proj_bn", high)
        sub12 = self.tap("sub12", fuse(self.layer("conv_sub2", sub24), high))
        if "sub12" in self.taps:
            sub12 = relu(self.norm("convlstm_sub12_bn", sub12))

        return {
            "main": self.conv("conv6_cls", doubled(sub12))[-1],
            "sub24": self.conv("sub24_out", sub24)[-1],
            "sub4": self.conv("sub4_out", conv5_4)[-1],
        }
