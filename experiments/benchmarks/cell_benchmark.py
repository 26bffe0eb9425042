"""Times the four convLSTM layers, Keras' own and the equations written literally."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from experiments.benchmarks.compiled import FLOPS as MATRIX_PRODUCT_FLOPS
from experiments.benchmarks.compiled import compiled, matrix_product, with_gradient
from experiments.benchmarks.interleaved import time_interleaved
from experiments.benchmarks.literal_cells import literal_step
from layers import LAYERS
from layers.flops import CELL_FLOPS

# LSTM-ICNet v2 at 1024x2048, and at Virtual KITTI's 375x1242 with the paper's batch.
SIZES = ((1, 128, 256, 128), (2, 47, 156, 128))
_OTHER_FLOPS = 37  # FLOPs per output in Table I that are not in convolutions
CLIP_FRAMES = 4


@dataclass(frozen=True)
class Job:
    """A computation that is timed.

    Attributes:
        num_frames: Length of the clip; 1 is a streaming step.
        gradients: How many of weights, frames, h and c, in this order, get a gradient;
            0 is the forward pass alone.
    """

    num_frames: int
    gradients: int = 0

    @property
    def passes(self):
        """How many times the FLOPs of every convolution are needed, at least.

        Once forward, once for the gradient of the weights, once for that of the frames.
        """
        return 1 + min(self.gradients, 2)

    @property
    def tensors(self):
        """How many tensors of a state's size are read or written per frame, at least.

        The forward pass reads x, h and c and writes h and c; the backward pass reads
        the gradient of the result, and writes those of the frames and of the state.
        """
        return 5 + self.gradients


JOBS = {
    "step": Job(1),
    "step_gradient": Job(1, gradients=1),  # a first layer's, or over frozen ones
    "step_all_gradients": Job(1, gradients=4),
    "clip": Job(CLIP_FRAMES),
    "clip_gradient": Job(CLIP_FRAMES, gradients=2),  # a network trained as a whole
}
YARDSTICK = "keras ConvLSTM2D"
_MATMUL, _COPY = "matrix product", "copy"
_COPY_ELEMENTS = 1 << 24  # more than any cache holds


@dataclass(frozen=True)
class Row:
    """The time of one layer for one job.

    Attributes:
        name: "ours standard", "literal standard", "keras ConvLSTM2D", ...
        job: One of `JOBS`, by name.
        size: (batch, height, width, channels); as many filters as channels.
        kernel_size: Int.
        ms, low_ms, high_ms: Median and quartiles, milliseconds.
        ratio: `ms` divided by that of Keras' layer in the same run.
        matmul_share: FLOPs of Table I per second, counted once for each pass, over
            those of a large matrix product in the same run.
        bound_ms: A lower bound from rates measured in the same run: the time of the
            convolutions at the rate of the matrix product, or of reading and writing
            the tensors at the speed of a copy, whichever is larger.
    """

    name: str
    job: str
    size: tuple[int, int, int, int]
    kernel_size: int
    ms: float
    low_ms: float
    high_ms: float
    ratio: float
    matmul_share: float
    bound_ms: float


def benchmark_cells(
    size,
    kernel_size: int,
    jobs=tuple(JOBS),
    rounds: int = 7,
    dtype="float32",
    progress=True,
) -> list[Row]:
    """Times all layers; those of each job are timed in one interleaved run.

    Args:
        size: (batch, height, width, channels).
        kernel_size: Kernel size of all convolutions.
        jobs: Names out of `JOBS`.
        rounds: How many times each is timed.
        dtype: `float32` or `bfloat16`, of weights and inputs.
        progress: Whether to show a progress bar.
    """
    keras.utils.set_random_seed(0)
    contestants = {YARDSTICK: _keras_layer(size, kernel_size, dtype)}
    for kind in LAYERS:
        contestants[f"ours {kind}"] = _our_layer(kind, size, kernel_size, dtype)
        contestants[f"literal {kind}"] = _literal_layer(kind, size, kernel_size, dtype)
    rows = []
    for job in jobs:
        calls = {
            name: _call(contestant, JOBS[job], size, dtype)
            for name, contestant in contestants.items()
        }
        calls[_MATMUL] = matrix_product(dtype)
        calls[_COPY] = _copy(dtype)
        timings = time_interleaved(calls, rounds, progress)
        rows += _rows(timings, job, size, kernel_size)
    return rows


@dataclass(frozen=True)
class _TimedLayer:
    """Weights, and a function `(weights, frames, h, c) -> last h` over a clip."""

    weights: list
    run: Callable


def _our_layer(kind, size, kernel_size, dtype):
    layer = LAYERS[kind](size[-1], kernel_size, padding="same", dtype=dtype)
    return _stateless(layer, size)


def _keras_layer(size, kernel_size, dtype):
    layer = keras.layers.ConvLSTM2D(size[-1], kernel_size, padding="same", dtype=dtype)
    return _stateless(layer, size)


def _stateless(layer, size):
    batch, *frame = size
    layer.build((batch, None, *frame))
    others = _tensors(layer.non_trainable_variables)

    def run(weights, frames, h, c):
        return layer.stateless_call(weights, others, frames, initial_state=[h, c])[0]

    return _TimedLayer(_tensors(layer.trainable_variables), run)


def _literal_layer(kind, size, kernel_size, dtype):
    cell = LAYERS[kind](size[-1], kernel_size, padding="same", dtype=dtype).cell
    cell.build(size)
    names = [variable.name for variable in cell.trainable_variables]

    def run(weights, frames, h, c):
        named = dict(zip(names, weights, strict=True))
        for t in range(frames.shape[1]):
            h, c = literal_step(kind, named, frames[:, t], h, c)
        return h

    return _TimedLayer(_tensors(cell.trainable_variables), run)


def _tensors(variables):
    return [ops.convert_to_tensor(variable) for variable in variables]


def _call(contestant, job, size, dtype):
    """A function without arguments that does `job` once and waits for the result."""
    batch, *frame = size
    rng = np.random.default_rng(0)
    frames, h, c, cotangent = (
        ops.convert_to_tensor(rng.standard_normal(shape), dtype)
        for shape in ((batch, job.num_frames, *frame), size, size, size)
    )
    run = contestant.run
    if job.gradients:
        run = with_gradient(run, cotangent, job.gradients)
    return compiled(run, contestant.weights, frames, h, c)


def _copy(dtype):
    return compiled(lambda x: x + 1, ops.zeros((_COPY_ELEMENTS,), dtype))


def _rows(timings, job, size, kernel_size):
    rates = _Rates(timings.pop(_MATMUL), timings.pop(_COPY))
    rows = []
    for name, timing in timings.items():
        kind = "standard" if name == YARDSTICK else name.split()[-1]
        rows.append(
            Row(
                name,
                job,
                tuple(size),
                kernel_size,
                timing.median_ms,
                timing.low_ms,
                timing.high_ms,
                timing.median_ms / timings[YARDSTICK].median_ms,
                rates.matmul_share(kind, JOBS[job], size, kernel_size, timing),
                rates.bound_ms(kind, JOBS[job], size, kernel_size),
            )
        )
    return rows


class _Rates:
    """FLOPs and memory elements per millisecond that this machine reaches."""

    def __init__(self, matmul, copy):
        self.matmul = MATRIX_PRODUCT_FLOPS / matmul.median_ms
        self.memory = 2 * _COPY_ELEMENTS / copy.median_ms  # read and written

    def matmul_share(self, kind, job, size, kernel_size, timing):
        flops = job.num_frames * job.passes * _flops(kind, size, kernel_size)
        return flops / timing.median_ms / self.matmul

    def bound_ms(self, kind, job, size, kernel_size):
        elements = math.prod(size)
        convolutions = _flops(kind, size, kernel_size) - _OTHER_FLOPS * elements
        products = job.passes * convolutions / self.matmul
        return job.num_frames * max(products, job.tensors * elements / self.memory)


def _flops(kind, size, kernel_size):
    batch, height, width, channels = size
    taps = (kernel_size, kernel_size)
    return batch * CELL_FLOPS[kind](height, width, taps, channels, channels)
