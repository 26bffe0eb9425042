"""The rate of a large matrix product, which bounds every convolution."""

from collections.abc import Callable

import numpy as np
from keras import ops

from experiments.compiled import compiled

_SIDE = 2048
FLOPS = 2 * _SIDE**3


def matrix_product(dtype="float32") -> Callable:
    """A call without arguments of `FLOPS` operations, on random matrices."""
    rng = np.random.default_rng(0)
    a, b = (
        ops.convert_to_tensor(rng.standard_normal((_SIDE, _SIDE)), dtype)
        for _ in range(2)
    )
    return compiled(ops.matmul, a, b)
