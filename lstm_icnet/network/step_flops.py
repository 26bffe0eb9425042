"""FLOPs of one step of a network, as the TensorFlow profiler counts the authors' graph.

This is the count behind the GFLOPs of the paper's Table IV. It differs from Table I
(`layers.flops`) in what it takes for an operation:

- a multiplication and an addition of a convolution are two, and a dilated convolution
  is counted on its space-to-batch grid, whose sides are multiples of the dilation;
- a sum of n maps is n - 1 an element, a bias one, a pool its window;
- of a cell's gates only 13 operations an element count: 4 sums of input and state,
  4 biases, the forget bias, 3 products and a sum;
- drawing initial values, which the same graph does, is two an element and one a
  variable, statistics of batch normalisation included, but not the cells' biases; a
  cell's variable holds a kernel of the input and that of the state;
- batch normalisation itself, activations and resizing do not count at all.
"""

import math

from lstm_icnet.network.icnet import HEADS
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.network.own_layers import BaseConvLSTM2DCell

_GATE_FLOPS = 13


def step_flops(model: ICNet) -> int:
    """FLOPs of one frame through `model`, batch 1, with all its heads.

    Args:
        model: As it is trained, with its auxiliary heads and not folded.

    Raises:
        ValueError: If it is not.
    """
    if model.folded or set(model.heads) != set(HEADS):
        raise ValueError(
            f"The profiler's count is of the network as it is trained. Received: "
            f"folded={model.folded}, heads={model.heads}"
        )
    return sum(_flops(operation) for operation in model.build_step(HEADS).operations)


def _flops(operation):
    if isinstance(operation, BaseConvLSTM2DCell):
        return _of_cell(operation)
    # The operations of `keras.ops` have no public classes, but public names.
    count = _BY_CLASS.get(type(operation).__name__)
    return count(operation) if count else 0


def _elements(operation):
    return math.prod(operation.output.shape[1:])


def _of_convolution(conv):
    height, width = conv.output.shape[1:3]
    grid = [
        dilation * math.ceil(side / dilation)
        for side, dilation in zip((height, width), conv.dilation_rate, strict=True)
    ]
    products = math.prod(conv.kernel.shape) * math.prod(grid)
    biases = _elements(conv) if conv.use_bias else 0
    return 2 * products + biases + _initial_values(conv)


def _initial_values(layer):
    return sum(2 * math.prod(weight.shape) + 1 for weight in layer.weights)


def _of_cell(cell):
    height, width, filters = cell.output[0].shape[1:]
    kernels = [math.prod(w.shape) for w in cell.weights if "kernel" in w.name]
    per_pixel = 2 * sum(kernels) + _GATE_FLOPS * filters
    return per_pixel * height * width + 2 * sum(kernels) + len(kernels) // 2


def _of_pool(pool):
    return math.prod(_pair(pool.pool_size)) * _elements(pool)


def _pair(size):
    return (size, size) if isinstance(size, int) else tuple(size)


_BY_CLASS = {
    "Conv2D": _of_convolution,
    "BatchNormalization": _initial_values,
    "Add": _elements,
    "MaxPool": _of_pool,
    "AveragePool": _of_pool,
}
