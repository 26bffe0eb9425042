"""A training step of LSTM-ICNet v2 against the sum of its parts."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from experiments.benchmarks.compiled import compiled, with_gradient
from experiments.benchmarks.interleaved import time_interleaved
from experiments.benchmarks.training.training_step import (
    compile_step,
    network_to_train,
    step_call,
)
from experiments.presentation.text_table import text_table
from lstm_icnet.network.drawings import ClipDrawing
from lstm_icnet.network.icnet import draw_icnet
from lstm_icnet.network.named_layers import NamedLayers

_WHOLE, _ICNET, _CELL = "v2", "ICNet", "cell"
_TAP = "sub12"


@dataclass(frozen=True)
class Row:
    """One training step, or a part of it.

    Attributes:
        name: What was timed.
        ms, low_ms, high_ms: Median and quartiles.
        ratio: Time over the sum of the parts in the same round, median.
    """

    name: str
    ms: float
    low_ms: float
    high_ms: float
    ratio: float


def benchmark_training(
    image_size: tuple[int, int],
    cell: str = "separable",
    num_frames: int = 4,
    rounds: int = 7,
    progress: bool = True,
) -> list[Row]:
    """Times a step of v2, and its parts, in one interleaved run.

    The parts are a step of ICNet on the frames that v2 needs, which are all up to the
    cell and the last one behind it; and the cell over the clip with its gradients.

    Args:
        image_size: (height, width).
        cell: Kind of the cell.
        num_frames: Frames of the clip, the only one of the batch.
        rounds: How often each is timed.
        progress: Whether to show progress bars.
    """
    model = network_to_train(2, cell, image_size, num_frames)
    jobs = {
        _WHOLE: step_call(model, image_size),
        _ICNET: step_call(_icnet_of(model), image_size),
        _CELL: _cell_call(model.get_layer(f"convlstm_{_TAP}"), num_frames),
    }
    timings = time_interleaved(jobs, rounds, progress)
    times = {name: np.array(timing.rounds_ms) for name, timing in timings.items()}
    parts = times[_ICNET] + times[_CELL]
    names = {
        _WHOLE: f"LSTM-ICNet v2 {cell}, {num_frames} frames",
        _ICNET: "ICNet on the frames that are needed",
        _CELL: f"the {cell} cell",
    }
    return [
        Row(
            names[name],
            timing.median_ms,
            timing.low_ms,
            timing.high_ms,
            float(np.median(times[name] / parts)),
        )
        for name, timing in timings.items()
    ]


def describe(rows: Sequence[Row], image_size: tuple[int, int]) -> str:
    """A table for the terminal."""
    height, width = image_size
    lines = [
        (
            row.name,
            f"{row.ms:.1f}",
            f"{row.low_ms:.1f} to {row.high_ms:.1f}",
            f"{row.ratio:.3f}",
        )
        for row in rows
    ]
    head = ("", "ms", "quartiles", "over the sum of the parts")
    title = f"One training step at {height}x{width}, batch of one clip"
    return f"{title}\n{text_table(head, lines)}"


class _LastFrame(ClipDrawing):
    """The network of a clip without its cell: the last frame goes on from the tap."""

    def tap(self, name, x):
        return self._unfold(x)[:, -1] if self.has_cell(name) else super().tap(name, x)


def _icnet_of(model):
    """ICNet on the frames that a network with a cell needs, compiled."""
    settings = model.settings
    size, num_frames = settings.image_size, settings.num_frames
    layers = NamedLayers((), settings.weight_decay)
    images = keras.Input((num_frames, *size, 3), name="images")
    logits = draw_icnet(
        ops.reshape(images, (-1, *size, 3)),  # (batch * frames, ...)
        layers,
        _LastFrame(layers, settings),
        settings.num_classes,
        settings.mean_rgb,
        settings.heads,
    )
    icnet = keras.Model(images, logits)
    compile_step(icnet)
    return icnet


def _cell_call(layer, num_frames):
    """A recurrent layer over a clip with gradients of its input and its weights."""
    rng = np.random.default_rng(0)
    _, height, width, channels = layer.output.shape
    shape = (1, num_frames, *keras.tree.flatten(layer.input)[0].shape[2:])
    x = ops.convert_to_tensor(rng.standard_normal(shape), "float32")
    cotangent = ops.ones((1, height, width, channels))
    weights = [ops.copy(variable) for variable in layer.trainable_variables]

    def output(x, *weights):
        return layer.stateless_call(weights, [], x, training=True)[0]

    return compiled(with_gradient(output, cotangent, 1 + len(weights)), x, *weights)
