"""The paper's equations written out in NumPy, float64, one gate and pixel at a time.

Nothing here is fast or shares a line with the code under test.
"""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def leading_zeros(length, kernel, stride, dilation, padding):
    """Zeros that "same" puts before an axis (TensorFlow's rule), and the outputs."""
    extent = (kernel - 1) * dilation + 1
    if padding == "valid":
        return 0, (length - extent) // stride + 1
    outputs = int(np.ceil(length / stride))
    zeros = max((outputs - 1) * stride + extent - length, 0)
    return zeros // 2, outputs


def slide(x, w, product, strides=(1, 1), padding="same", dilation=(1, 1)):
    """Sum over the taps of `w` of `product(pixel, tap)`, for every output pixel.

    `x` is (height, width, channels), `w` (kernel_height, kernel_width, ...).
    """
    top, rows = leading_zeros(x.shape[0], w.shape[0], strides[0], dilation[0], padding)
    left, columns = leading_zeros(
        x.shape[1], w.shape[1], strides[1], dilation[1], padding
    )
    out = np.zeros((rows, columns, product(x[0, 0], w[0, 0]).size))
    for row, column in np.ndindex(rows, columns):
        for a, b in np.ndindex(*w.shape[:2]):
            y = row * strides[0] + a * dilation[0] - top
            z = column * strides[1] + b * dilation[1] - left
            if 0 <= y < x.shape[0] and 0 <= z < x.shape[1]:
                out[row, column] += product(x[y, z], w[a, b])
    return out


def standard(x, part, strides=(1, 1), padding="same", dilation=(1, 1)):
    """W * x of Eq. (1)."""
    return slide(x, part["kernel"], np.matmul, strides, padding, dilation)


def spatial(x, part, strides=(1, 1), padding="same", dilation=(1, 1)):
    """W^w * (W^h * x) of Eq. (3)."""
    x = slide(
        x,
        part["vertical_kernel"],
        np.matmul,
        (strides[0], 1),
        padding,
        (dilation[0], 1),
    )
    return slide(
        x,
        part["horizontal_kernel"],
        np.matmul,
        (1, strides[1]),
        padding,
        (1, dilation[1]),
    )


def depthwise(x, part, strides=(1, 1), padding="same", dilation=(1, 1)):
    """W (*) x of Eq. (6)."""
    return slide(
        x, part["depthwise_kernel"][..., 0], np.multiply, strides, padding, dilation
    )


def separable(x, part, strides=(1, 1), padding="same", dilation=(1, 1)):
    """W^{1x1} * (W (*) x) of Eq. (9)."""
    x = depthwise(x, part, strides, padding, dilation)
    return slide(x, part["pointwise_kernel"], np.matmul)


CONVOLUTIONS = {
    "standard": standard,
    "spatial": spatial,
    "depthwise": depthwise,
    "separable": separable,
}


def gate_part(weights, gate, recurrent):
    """The quarter that belongs to gate 0, 1, 2 or 3 of every kernel of W_h or W_x."""
    part = {}
    for name, w in weights.items():
        if "kernel" in name and name.startswith("recurrent_") == recurrent:
            quarter = w.shape[-1] // 4
            one_gate = w[..., gate * quarter : (gate + 1) * quarter]
            part[name.removeprefix("recurrent_")] = one_gate
    return part


def cell_step(kind, weights, x, h_prev, c_prev, **geometry):
    """One step on one image, Eqs. (1), (3), (6), (9): returns h and c.

    `weights` maps the weights' names to arrays; those of peepholes and the bias may be
    missing.
    """
    convolution = CONVOLUTIONS[kind]
    channels = h_prev.shape[-1]

    def gate_input(gate):
        z = convolution(x, gate_part(weights, gate, recurrent=False), **geometry)
        z = z + convolution(h_prev, gate_part(weights, gate, recurrent=True))
        bias = weights.get("bias", np.zeros(4 * channels))
        return z + bias[gate * channels : (gate + 1) * channels]

    def peephole(name, c):
        return weights.get(f"peephole_{name}", np.zeros(channels)) * c

    i = sigmoid(gate_input(0) + peephole("i", c_prev))
    f = sigmoid(gate_input(1) + peephole("f", c_prev))
    j = np.tanh(gate_input(2))
    c = f * c_prev + i * j
    o = sigmoid(gate_input(3) + peephole("o", c))
    return o * np.tanh(c), c


def clip_states(kind, weights, clips, h, c, mask=None, **geometry):
    """h and c after every step of `clips` (batch, time, height, width, channels).

    Starts from `h` and `c` (batch, new_height, new_width, filters). Where `mask`,
    (batch, time) or (batch, time, new_height, new_width), is False, a step leaves both
    as they were. Returns two arrays of shape
    (batch, time, new_height, new_width, filters).
    """
    batch, time = clips.shape[:2]
    all_h = np.zeros((batch, time, *h.shape[1:]))
    all_c = np.zeros_like(all_h)
    for n in range(batch):
        h_prev, c_prev = h[n], c[n]
        for t in range(time):
            step = cell_step(kind, weights, clips[n, t], h_prev, c_prev, **geometry)
            counts = np.array(True) if mask is None else mask[n, t][..., None]
            h_prev, c_prev = (
                np.where(counts, new, old)
                for new, old in zip(step, (h_prev, c_prev), strict=True)
            )
            all_h[n, t], all_c[n, t] = h_prev, c_prev
    return all_h, all_c
