"""FLOPs of one step of a network, as the TensorFlow profiler counts the authors' graph.

This is how the GFLOPs of the paper's Table IV are counted. The rules differ from those
of Table I (`layers.flops`):

- a multiplication and an addition of a convolution are two, and a dilated convolution
  is counted on its space-to-batch grid, whose sides are multiples of the dilation;
- per element, a sum of n maps is n - 1 operations, adding a bias is one, and pooling is
  the size of its window;
- of a cell's gates only 13 operations per element count: 4 sums of input and state, 4
  biases, the forget bias, 3 products and a sum;
- initial values, which the same graph draws, cost two operations per element and one
  per variable. That includes the statistics of batch normalisation, but not the cells'
  biases; a cell's variable holds a kernel of the input and the state's together;
- batch normalisation itself, activations and resizing do not count.
"""

import math

from lstm_icnet.imports.own_layers import BaseConvLSTM2DCell
from lstm_icnet.network.icnet import HEADS
from lstm_icnet.network.icnet_model import ICNet

_GATE_FLOPS = 13


def step_flops(model: ICNet) -> int:
    """FLOPs of one frame through `model`, batch 1, with all its heads.

    Args:
        model: A network in its form for training: with its auxiliary heads and not
            folded.

    Raises:
        ValueError: If the network is folded or lacks a head.
    """
    if model.folded or set(model.heads) != set(HEADS):
        raise ValueError(
            f"FLOPs are counted of a network as it is trained, with all heads and not "
            f"folded. Received: folded={model.folded}, heads={model.heads}"
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
