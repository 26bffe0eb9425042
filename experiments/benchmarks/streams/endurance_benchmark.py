"""Runs many frames through one stream and watches the memory of the process."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import keras
import numpy as np
import psutil

from experiments.benchmarks.streams.engines import ENGINES, open_by_engines
from experiments.presentation.text_table import table_of
from lstm_icnet.deployment.video_stream import VideoStream
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.smoothing import make_smoother

_PARTS = 10
_FRAME_SIZE = (120, 160)  # other than the network's, so that frames are resized


@dataclass(frozen=True)
class Row:
    """One engine.

    Attributes:
        engine: One of `ENGINES`.
        frames: How many went through one stream, smoothed along the optical flow.
        memory_mb: Resident memory of the process after each tenth of them.
        growth_mb: The last of these less the first.
        finite: Whether states, logits and class probabilities were finite at the end
            of each tenth.
        ms: Mean time for a frame.
    """

    engine: str
    frames: int
    memory_mb: tuple[float, ...]
    growth_mb: float
    finite: bool
    ms: float


def benchmark_endurance(
    frames: int = 20_000, engines: Sequence[str] = tuple(ENGINES)
) -> list[Row]:
    """Runs the separable LSTM-ICNet v2, small and untrained, by every engine in turn.

    Args:
        frames: How many go through one stream, at least ten.
        engines: Some of `ENGINES`; what is not installed is left out.
    """
    keras.utils.set_random_seed(0)
    model = ICNet(2, "separable", image_size=(97, 113), num_frames=4)
    with tempfile.TemporaryDirectory() as folder:
        opened = open_by_engines(model, Path(folder), engines)
    return [_endure(name, network, frames) for name, network in opened.items()]


def _endure(name, network, frames):
    watched = _Watched(network.step)
    network.step = watched
    stream = VideoStream(network, make_smoother("flow"))
    images = _moving_images()
    memory, finite = [], True
    began = time.perf_counter()
    for _ in range(_PARTS):
        for number in range(frames // _PARTS):
            stream.segment_frame(images[number % len(images)])
        scores = stream.segment_frame(images[0], scores=True)
        finite &= watched.is_finite() and bool(np.isfinite(scores).all())
        del scores
        memory.append(psutil.Process().memory_info().rss / 1e6)
    ms = 1000 * (time.perf_counter() - began) / frames
    return Row(name, frames, tuple(memory), memory[-1] - memory[0], finite, ms)


class _Watched:
    """A `step` that keeps the logits and states of the last call."""

    def __init__(self, step):
        self._step = step
        self._last = None

    def __call__(self, images, states):
        self._last = self._step(images, states)
        return self._last

    def is_finite(self):
        logits, states = self._last
        return all(
            np.isfinite(np.asarray(array)).all() for array in (logits, *states.values())
        )


def _moving_images():
    """A texture that moves to the right and back, so that no state comes to rest."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (*_FRAME_SIZE, 3), dtype=np.uint8)
    texture = cv2.GaussianBlur(noise, (0, 0), 2)
    return [np.roll(texture, 2 * shift, axis=1) for shift in (0, 1, 2, 3, 2, 1)]


def describe(rows: list[Row]) -> str:
    """A table for the terminal."""
    return table_of(
        rows,
        {
            "": lambda row: row.engine,
            "frames": lambda row: f"{row.frames}",
            "MB after a tenth": lambda row: f"{row.memory_mb[0]:.0f}",
            "at the end": lambda row: f"{row.memory_mb[-1]:.0f}",
            "growth, MB": lambda row: f"{row.growth_mb:.1f}",
            "all finite": lambda row: "yes" if row.finite else "NO",
            "ms a frame": lambda row: f"{row.ms:.2f}",
        },
    )
