"""The cells as the paper prints them: one convolution for every W, none fused.

The authors' code runs in this way, with eight or sixteen convolutions per step; the
cells of `layers/` are compared with it.
"""

from keras import ops

GATES = 4


def literal_step(kind, weights, x, h_prev, c_prev):
    """One step of a cell, Eq. (1), (3), (6) or (9).

    Args:
        kind: `standard`, `spatial`, `depthwise` or `separable`.
        weights: The weights of the cell in `layers/`, by name, as tensors.
        x: `(batch, height, width, channels)`.
        h_prev, c_prev: `(batch, height, width, filters)`.

    Returns:
        h and c, in the shape of `h_prev`.
    """
    gate = {name: ops.split(weight, GATES, axis=-1) for name, weight in weights.items()}
    w_x = [n for n in weights if n != "bias" and not n.startswith("recurrent_")]
    z = []
    for g in range(GATES):
        of_input = _convolve(kind, x, [gate[name][g] for name in w_x])
        of_state = _convolve(kind, h_prev, [gate[f"recurrent_{n}"][g] for n in w_x])
        z.append(of_input + of_state + gate["bias"][g])
    i, f, j, o = ops.sigmoid(z[0]), ops.sigmoid(z[1]), ops.tanh(z[2]), ops.sigmoid(z[3])
    c = f * c_prev + i * j
    return o * ops.tanh(c), c


def _convolve(kind, y, kernels):
    if kind == "standard":
        return ops.conv(y, kernels[0], padding="same")
    if kind == "spatial":
        vertical, horizontal = kernels
        y = ops.conv(y, vertical, padding="same")
        return ops.conv(y, horizontal, padding="same")
    y = ops.depthwise_conv(y, kernels[0], padding="same")
    return ops.conv(y, kernels[1]) if kind == "separable" else y
