"""Times frames of a stream as a user gets them, and the network alone."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from experiments.benchmarks.interleaved import time_interleaved
from experiments.benchmarks.step_call import call_of_step, smooth_image
from experiments.benchmarks.streams.engines import ENGINES, KERAS, open_by_engines
from experiments.presentation.text_table import table_of
from lstm_icnet.deployment.export_folder import at_size
from lstm_icnet.deployment.folding import fold_batch_norm
from lstm_icnet.deployment.video_stream import VideoStream
from lstm_icnet.network.icnet_model import ICNet

SIZES = ((1024, 2048), (360, 480))
CLIPS = "clip for every frame"
_NUM_FRAMES = 4
_NETWORK, _FRAME, _CLIP = "network", "frame", "clip"


@dataclass(frozen=True)
class Row:
    """One engine, at one size of the frames.

    Attributes:
        height, width: Of the frames, in pixels; the network's own size.
        model: `icnet`, `lstm_icnet_v2`, ...
        engine: One of `ENGINES`, or `CLIPS`: a whole clip is run for every frame by
            Keras, as the authors do.
        network_ms: The step from an image to logits; with Keras the compiled step
            alone. `None` for clips.
        ms, low_ms, high_ms: What a user waits for a label map: `segment_frame`, or
            `segment_clip` for clips. Median and quartiles.
        share: Of the time of `segment_frame`, how much passes in the network; `None`
            for clips.
        ratio: `ms` over `network_ms`; for clips `ms` over that of Keras' frames. Median
            over the rounds.
    """

    height: int
    width: int
    model: str
    engine: str
    network_ms: float | None
    ms: float
    low_ms: float
    high_ms: float
    share: float | None
    ratio: float


def untrained_networks() -> list[ICNet]:
    """ICNet and the separable LSTM-ICNet v2 for clips of four frames."""
    keras.utils.set_random_seed(0)
    smallest = {"image_size": (97, 97)}
    return [
        ICNet(**smallest),
        ICNet(2, "separable", num_frames=_NUM_FRAMES, **smallest),
    ]


def benchmark_frames(
    networks: Sequence[ICNet],
    sizes: Sequence[tuple[int, int]] = SIZES,
    engines: Sequence[str] = tuple(ENGINES),
    rounds: int = 7,
    progress: bool = True,
) -> list[Row]:
    """Times every network by every engine; one interleaved run for every size.

    Args:
        networks: For images of any size: copies of their weights are timed.
        sizes: (height, width) of the frames.
        engines: Some of `ENGINES`; what is not installed is left out.
        rounds: How many times each is timed.
        progress: Whether to show progress bars.
    """
    rows = []
    for size in sizes:
        jobs, clocks = {}, {}
        for network in networks:
            jobs |= _jobs(at_size(network, size), engines, clocks)
        timings = time_interleaved(jobs, rounds, progress)
        rows += [
            _row(size, key, timings, clocks)
            for key in timings
            if key[-1] in (_FRAME, _CLIP)
        ]
    return rows


class _Clock:
    """Calls a function and adds up its seconds, without those of the first call."""

    def __init__(self, function):
        self._function = function
        self._seconds = []

    def __call__(self, *arguments):
        began = time.perf_counter()
        result = self._function(*arguments)
        self._seconds.append(time.perf_counter() - began)
        return result

    @property
    def seconds(self):
        return sum(self._seconds[1:])


def _jobs(model, engines, clocks):
    """What is timed, by (name of the model, engine, what).

    Args:
        model: The network, for images of the size to be timed.
        engines: Names of engines.
        clocks: For each of them, a clock of the frames and one of the network in them
            is written to it.
    """
    image, jobs = smooth_image(model.image_size), {}
    clip = np.stack([image] * model.num_frames)
    with tempfile.TemporaryDirectory() as folder:
        opened = open_by_engines(model, Path(folder), engines)
    for engine, network in opened.items():
        key = model.name, engine
        jobs[*key, _NETWORK] = (
            call_of_step(fold_batch_norm(model).build_step())
            if engine == KERAS
            else _step_call(network.step, network.initial_state(), image)
        )
        stream = VideoStream(network)
        segment, network.step = _Clock(stream.segment_frame), _Clock(network.step)
        clocks[key] = segment, network.step
        jobs[*key, _FRAME] = lambda segment=segment: segment(image)
        if engine == KERAS and model.taps:
            jobs[*key, _CLIP] = lambda stream=stream: stream.segment_clip(clip)
    return jobs


def _step_call(step, states, image):
    def run():
        nonlocal states
        _, states = step(image[np.newaxis], states)

    return run


def _row(size, key, timings, clocks):
    model, engine, what = key
    timing = timings[key]
    of = timings[model, engine, _NETWORK if what == _FRAME else _FRAME]
    of_frame, of_network = clocks[model, engine]
    ratios = np.array(timing.rounds_ms) / np.array(of.rounds_ms)
    return Row(
        *size,
        model,
        engine if what == _FRAME else CLIPS,
        of.median_ms if what == _FRAME else None,
        timing.median_ms,
        timing.low_ms,
        timing.high_ms,
        of_network.seconds / of_frame.seconds if what == _FRAME else None,
        float(np.median(ratios)),
    )


_COLUMNS = {
    "": lambda row: f"{row.height}x{row.width} {row.model}",
    "engine": lambda row: row.engine,
    "to logits, ms": lambda row: _text(row.network_ms),
    "frame, ms": lambda row: f"{row.ms:.1f}",
    "quartiles": lambda row: f"{row.low_ms:.1f} to {row.high_ms:.1f}",
    "frame / logits": lambda row: "-" if _is_clip(row) else f"{row.ratio:.3f}",
    "in the network": lambda row: "-" if _is_clip(row) else f"{100 * row.share:.0f} %",
    "frames a second": lambda row: f"{1000 / row.ms:.1f}",
    "clip / frame": lambda row: f"{row.ratio:.2f}" if _is_clip(row) else "-",
}


def _is_clip(row):
    return row.engine == CLIPS


def _text(ms):
    return "-" if ms is None else f"{ms:.1f}"


def describe(rows: list[Row]) -> str:
    """A table for the terminal."""
    return table_of(rows, _COLUMNS)
