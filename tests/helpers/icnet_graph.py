"""ICNet and LSTM-ICNet as a literal graph of TensorFlow 1, for its profiler.

Written from the layer table, operation by operation as the authors' code makes them:
eight convolutions per cell, dilation by space-to-batch, weights whose initial values
are drawn in the graph.
"""

import icnet_reference
import tensorflow as tf

v1 = tf.compat.v1


def step_flops(version, cell, image_size, num_classes):
    """What the TensorFlow profiler counts for one step."""
    with tf.Graph().as_default() as graph:
        _Network(version, cell, num_classes).draw(image_size)
        options = v1.profiler.ProfileOptionBuilder.float_operation()
        options["output"] = "none"
        return v1.profiler.profile(graph, options=options).total_float_ops


class _Network:
    def __init__(self, version, cell, num_classes):
        self.taps = icnet_reference.TAPS[version]
        self.cell = cell
        self.num_classes = num_classes

    def conv(self, name, x):
        row = icnet_reference.CONVOLUTIONS[name]
        head = row["then"] == "bias"
        filters = self.num_classes if head else row["filters"]
        size = row["kernel"]
        kernel = v1.get_variable(
            f"{name}/weights", (size, size, row["channels"], filters)
        )
        dilation, padding = row["dilation"], row["padding"]
        if dilation > 1:
            x = _dilated(x, kernel, dilation)
        else:
            if padding not in ("SAME", "0"):
                border = (int(padding),) * 2
                x = tf.pad(x, ((0, 0), border, border, (0, 0)))
            padding = "SAME" if padding == "SAME" else "VALID"
            x = tf.nn.conv2d(x, kernel, row["stride"], padding)
        if head:
            x = tf.nn.bias_add(x, v1.get_variable(f"{name}/biases", (filters,)))
        return x

    def norm(self, name, x):
        names = ("gamma", "beta", "moving_mean", "moving_variance")
        gamma, beta, mean, variance = (
            v1.get_variable(f"{name}/{part}", x.shape[-1:]) for part in names
        )
        return v1.nn.fused_batch_norm(
            x, gamma, beta, mean, variance, epsilon=1e-5, is_training=False
        )[0]

    def layer(self, name, x):
        x = self.norm(f"{name}_bn", self.conv(name, x))
        then = icnet_reference.CONVOLUTIONS[name]["then"]
        return tf.nn.relu(x) if then == "bn+relu" else x

    def tap(self, name, x):
        if name not in self.taps:
            return x
        with v1.variable_scope(f"convlstm_{name}"):
            return _cell_step(self.cell, x)

    def block(self, name, x):
        shortcut = x
        if f"{name}_1x1_proj" in icnet_reference.CONVOLUTIONS:
            shortcut = self.layer(f"{name}_1x1_proj", x)
        for part in ("1x1_reduce", "3x3", "1x1_increase"):
            x = self.layer(f"{name}_{part}", x)
        return tf.nn.relu(tf.add_n([x, shortcut]))

    def blocks(self, names, x):
        for name in names.split():
            x = self.block(name, x)
        return x

    def draw(self, image_size):
        data = v1.placeholder(tf.float32, (1, *image_size, 3))
        x = _resize(data, [(n - 1) // 2 + 1 for n in image_size])
        for name in ("conv1_1_3x3_s2", "conv1_2_3x3", "conv1_3_3x3"):
            x = self.layer(name, x)
        x = tf.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        x = tf.nn.max_pool2d(x, 3, 2, "VALID")
        conv3_1 = self.blocks("conv2_1 conv2_2 conv2_3 conv3_1", x)
        x = _resize(conv3_1, [(n - 1) // 2 + 1 for n in conv3_1.shape[1:3]])
        x = self.blocks("conv3_2 conv3_3 conv3_4", x)
        x = self.blocks("conv4_1 conv4_2 conv4_3 conv4_4 conv4_5 conv4_6", x)
        x = _pyramid(self.blocks("conv5_1 conv5_2 conv5_3", x))
        conv5_4 = _doubled(self.layer("conv5_4_k1", x))
        low = self.norm(
            "conv_sub4_bn", self.tap("sub4", self.conv("conv_sub4", conv5_4))
        )
        medium = self.tap("sub2", self.conv("conv3_1_sub2_proj", conv3_1))
        medium = self.norm("conv3_1_sub2_proj_bn", medium)
        sub24 = _doubled(_fuse(low, medium))
        x = data
        for name in ("conv1_sub1", "conv2_sub1", "conv3_sub1"):
            x = self.layer(name, x)
        high = self.tap("sub1", self.conv("conv3_sub1_proj", x))
        high = self.norm("conv3_sub1_proj_bn", high)
        sub12 = self.tap("sub12", _fuse(self.layer("conv_sub2", sub24), high))
        if "sub12" in self.taps:
            sub12 = tf.nn.relu(self.norm("convlstm_sub12_bn", sub12))
        self.conv("conv6_cls", _doubled(sub12))
        self.conv("sub24_out", sub24)
        self.conv("sub4_out", conv5_4)


def _dilated(x, kernel, dilation):
    paddings, crops = tf.required_space_to_batch_paddings(
        [int(n) for n in x.shape[1:3]], [dilation] * 2, [[dilation] * 2] * 2
    )
    x = tf.space_to_batch(x, [dilation] * 2, paddings)
    x = tf.nn.conv2d(x, kernel, 1, "VALID")
    return tf.batch_to_space(x, [dilation] * 2, crops)


def _cell_step(kind, x):
    """The authors' cell: eight convolutions, sixteen for the separable ones."""
    channels = int(x.shape[-1])
    h = v1.placeholder(tf.float32, x.shape)
    c = v1.placeholder(tf.float32, x.shape)
    shapes = {
        "standard": [(3, 3, 2 * channels, 4 * channels)],
        "spatial": [
            (3, 1, 2 * channels, 4 * channels),
            (1, 3, 2 * channels, 4 * channels),
        ],
        "depthwise": [(3, 3, 2 * channels, 4)],
        "separable": [(3, 3, 2 * channels, 4), (1, 1, 2 * channels, 4 * channels)],
    }[kind]
    packed = [v1.get_variable(f"kernel_{n}", shape) for n, shape in enumerate(shapes)]
    sums = []
    for gate in range(4):
        parts = []
        for number, y in enumerate((x, h)):
            rows = slice(number * channels, (number + 1) * channels)
            for kernel in packed:
                columns = int(kernel.shape[-1]) // 4
                part = kernel[:, :, rows, gate * columns : (gate + 1) * columns]
                if columns == 1:
                    y = tf.nn.depthwise_conv2d(y, part, (1, 1, 1, 1), "SAME")
                else:
                    y = tf.nn.conv2d(y, part, 1, "SAME")
            parts.append(y)
        sums.append(parts[0] + parts[1])
    biases = v1.get_variable(
        "biases", (4 * channels,), initializer=tf.zeros_initializer()
    )
    z = tf.nn.bias_add(tf.concat(sums, -1), biases)
    i, j, f, o = tf.split(z, 4, -1)
    c = c * tf.sigmoid(f + 1.0) + tf.sigmoid(i) * tf.tanh(j)
    return tf.tanh(c) * tf.sigmoid(o)


def _pyramid(x):
    height, width = (int(n) for n in x.shape[1:3])
    pools = [
        tf.nn.avg_pool2d(x, window, window, "VALID")
        for window in ((height // n, width // n) for n in (1, 2, 3, 4))
    ]
    return tf.add_n([x, *(_resize(pool, (height, width)) for pool in pools)])


def _resize(x, size, align_corners=True):
    return v1.image.resize_bilinear(x, size, align_corners=align_corners)


def _doubled(x):
    return _resize(x, [2 * n - 1 for n in x.shape[1:3]])


def _fuse(coarse, fine):
    coarse = _resize(coarse, fine.shape[1:3], align_corners=False)
    return tf.nn.relu(tf.add_n([coarse, fine]))
