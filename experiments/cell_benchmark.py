"""The four convLSTM layers against Keras' own and against the literal equations."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass

import keras
import numpy as np
from keras import ops

from experiments.compiled import compiled, gradient_of
from experiments.interleaved import time_interleaved
from experiments.literal_cells import literal_step
from layers import LAYERS
from layers.flops import CELL_FLOPS

# LSTM-ICNet v2 at 1024x2048, and at Virtual KITTI's 375x1242 with the paper's batch.
SIZES = ((1, 128, 256, 128), (2, 47, 156, 128))
_OTHER_FLOPS = 37  # of Table I, per output, that are no convolution's
JOBS = ("step", "step_gradient", "clip", "clip_gradient")
CLIP_FRAMES = 4
YARDSTICK = "keras ConvLSTM2D"
_MATMUL, _COPY = "matrix product", "copy"
_MATMUL_SIDE = 2048
_COPY_ELEMENTS = 1 << 24  # more than any cache holds


@dataclass(frozen=True)
class Row:
    """One contestant at one job.

    Attributes:
        name: "ours standard", "literal standard", "keras ConvLSTM2D", ...
        job: One of `JOBS`: a streaming step, its forward pass and gradient, a clip of
            four frames forward, and with gradient.
        size: (batch, height, width, channels); as many filters as channels.
        kernel_size: Int.
        ms, low_ms, high_ms: Median and quartiles, milliseconds.
        ratio: `ms` over that of Keras' layer in the same run.
        matmul_share: Forward FLOPs of Table I a second over those of a large matrix
            product in the same run; `None` for gradients.
        bound_ms: What no program undercuts by the rates measured in the same run: the
            convolutions at the rate of the matrix product, or reading x, h and c and
            writing h and c at the speed of a copy, whichever is more; `None` for
            gradients.
    """

    name: str
    job: str
    size: tuple[int, int, int, int]
    kernel_size: int
    ms: float
    low_ms: float
    high_ms: float
    ratio: float
    matmul_share: float | None
    bound_ms: float | None

    def as_json(self) -> dict:
        return asdict(self)


def benchmark_cells(
    size, kernel_size: int, jobs=JOBS, rounds: int = 7, dtype="float32", progress=True
) -> list[Row]:
    """Times all contestants at all jobs, each job interleaved in one run.

    Args:
        size: (batch, height, width, channels).
        kernel_size: Of all convolutions.
        jobs: Some of `JOBS`.
        rounds: How often each is timed.
        dtype: `float32` or `bfloat16`, of everything.
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
            name: _call(contestant, job, size, dtype)
            for name, contestant in contestants.items()
        }
        calls[_MATMUL] = _matrix_product(dtype)
        calls[_COPY] = _copy(dtype)
        timings = time_interleaved(calls, rounds, progress)
        rows += _rows(timings, job, size, kernel_size)
    return rows


@dataclass(frozen=True)
class _Contestant:
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

    return _Contestant(_tensors(layer.trainable_variables), run)


def _literal_layer(kind, size, kernel_size, dtype):
    cell = LAYERS[kind](size[-1], kernel_size, padding="same", dtype=dtype).cell
    cell.build(size)
    names = [variable.name for variable in cell.trainable_variables]

    def run(weights, frames, h, c):
        named = dict(zip(names, weights, strict=True))
        for t in range(frames.shape[1]):
            h, c = literal_step(kind, named, frames[:, t], h, c)
        return h

    return _Contestant(_tensors(cell.trainable_variables), run)


def _tensors(variables):
    return [ops.convert_to_tensor(variable) for variable in variables]


def _call(contestant, job, size, dtype):
    """A function without arguments that does `job` once and waits for its end."""
    batch, *frame = size
    num_frames = CLIP_FRAMES if job.startswith("clip") else 1
    rng = np.random.default_rng(0)
    frames, h, c = (
        ops.convert_to_tensor(rng.standard_normal(shape), dtype)
        for shape in ((batch, num_frames, *frame), size, size)
    )
    if not job.endswith("_gradient"):
        return compiled(contestant.run, contestant.weights, frames, h, c)

    def loss(weights, frames, h, c):
        return ops.sum(ops.square(contestant.run(weights, frames, h, c)))

    # Of the weights, the frames and the state: what training through time asks for.
    return compiled(gradient_of(loss), contestant.weights, frames, h, c)


def _matrix_product(dtype):
    rng = np.random.default_rng(0)
    side = (_MATMUL_SIDE, _MATMUL_SIDE)
    a, b = (ops.convert_to_tensor(rng.standard_normal(side), dtype) for _ in range(2))
    return compiled(ops.matmul, a, b)


def _copy(dtype):
    return compiled(lambda x: x + 1, ops.zeros((_COPY_ELEMENTS,), dtype))


def _rows(timings, job, size, kernel_size):
    rates = _Rates(timings.pop(_MATMUL), timings.pop(_COPY))
    num_frames = CLIP_FRAMES if job.startswith("clip") else 1
    forward = not job.endswith("_gradient")
    rows = []
    for name, timing in timings.items():
        kind = "standard" if name == YARDSTICK else name.split()[-1]
        flops = num_frames * _flops(kind, size, kernel_size)
        bound_ms = num_frames * rates.bound_ms(kind, size, kernel_size)
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
                flops / timing.median_ms / rates.matmul if forward else None,
                bound_ms if forward else None,
            )
        )
    return rows


class _Rates:
    """FLOPs and elements a millisecond that this machine reaches."""

    def __init__(self, matmul, copy):
        self.matmul = 2 * _MATMUL_SIDE**3 / matmul.median_ms
        self.memory = 2 * _COPY_ELEMENTS / copy.median_ms  # read and written

    def bound_ms(self, kind, size, kernel_size):
        elements = math.prod(size)
        convolutions = _flops(kind, size, kernel_size) - _OTHER_FLOPS * elements
        return max(convolutions / self.matmul, 5 * elements / self.memory)


def _flops(kind, size, kernel_size):
    batch, height, width, channels = size
    taps = (kernel_size, kernel_size)
    return batch * CELL_FLOPS[kind](height, width, taps, channels, channels)
