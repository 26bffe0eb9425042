"""Times frames of a stream as a user gets them, and the network alone."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import cv2
import keras
import numpy as np

from experiments.benchmarks.interleaved import time_interleaved
from experiments.benchmarks.step_call import call_of_step, smooth_image
from experiments.benchmarks.streams.engines import ENGINES, KERAS, open_by_engines
from experiments.benchmarks.streams.segment_call import NUM_FRAMES, call_of_segment
from experiments.presentation.text_table import table_of
from lstm_icnet.deployment.export_folder import at_size
from lstm_icnet.deployment.video_frames import frames_of
from lstm_icnet.deployment.video_stream import VideoStream
from lstm_icnet.network.icnet_model import ICNet

SIZES = ((1024, 2048), (360, 480))
# Sizes at which whole videos are segmented, too.
SEGMENTED_SIZES = ((360, 480),)
AT_ONCE = f"{KERAS}, frames of a file"
CLIPS = "clip for every frame"
SEGMENT = "experiments.segment"
_SECONDS_OF_REST = 0.05
_SEVERAL_FRAMES = 8  # of one call of `segment_frames`, a multiple of `frames_at_once`
_VIDEO_FRAMES = 32  # of a video; they are repeated
_NETWORK, _FRAME, _SEVERAL, _CLIP, _VIDEO = (
    "network",
    "frame",
    "several frames",
    "clip",
    "video",
)
# Small frames are timed several in a row: alone, the same call varies by a fifth.
_IN_A_ROW = 4
_SMALL = 512 * 1024  # pixels


@dataclass(frozen=True)
class Row:
    """One engine, at one size of the frames.

    Attributes:
        height, width: Of the frames, in pixels; the network's own size.
        model: `icnet`, `lstm_icnet_v2`, ...
        engine: One of `ENGINES`; or, by Keras, `AT_ONCE`, several frames at once, as
            files are segmented; `CLIPS`, a whole clip run for every frame, as the
            authors do; `SEGMENT`, that verb from a video file to another.
        network_ms: The step from an image to logits; with Keras the compiled step
            alone. `None` for clips.
        ms, low_ms, high_ms: What a user waits for a label map: `segment_frame`, a
            frame of `segment_frames`, `segment_clip` for clips, or a frame of the
            written video. Median and quartiles.
        share: Of the time of `segment_frame`, how much passes in the network; `None`
            for the other rows.
        ratio: `ms` over `network_ms`, median over the rounds; `None` for clips.
        clip_ratio: Time of `segment_clip` over `ms`, median over the rounds; `None`
            where no clip is timed, and for clips and videos.
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
    ratio: float | None
    clip_ratio: float | None


def untrained_networks() -> list[ICNet]:
    """ICNet and the separable LSTM-ICNet v2 for clips of four frames."""
    keras.utils.set_random_seed(0)
    smallest = {"image_size": (97, 97)}
    return [
        ICNet(**smallest),
        ICNet(2, "separable", num_frames=4, **smallest),
    ]


def benchmark_frames(
    networks: Sequence[ICNet],
    sizes: Sequence[tuple[int, int]] = SIZES,
    engines: Sequence[str] = tuple(ENGINES),
    rounds: int = 7,
    progress: bool = True,
    video: str | Path | None = None,
) -> list[Row]:
    """Times every network by every engine; one interleaved run for every size.

    Args:
        networks: For images of any size: copies of their weights are timed.
        sizes: (height, width) of the frames.
        engines: Some of `ENGINES`; what is not installed is left out.
        rounds: How many times each is timed.
        progress: Whether to show progress bars.
        video: A video file whose first frames are segmented, enlarged or reduced to
            each size; by default, one picture of random shapes.
    """
    rows = []
    for size in sizes:
        jobs, clocks = {}, {}
        frames = _frames(size, video)
        with tempfile.TemporaryDirectory() as folder:
            for network in networks:
                resized = at_size(network, size)
                jobs |= _jobs(resized, engines, clocks, Path(folder), frames)
            timings = time_interleaved(jobs, rounds, progress, _let_threads_rest)
        rows += [
            _row(size, key, timings, clocks) for key in timings if key[-1] != _NETWORK
        ]
    return rows


def _let_threads_rest(_):
    """Waits until the threads of an engine, which spin after a call, are asleep."""
    time.sleep(_SECONDS_OF_REST)


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


class _TimedNetwork:
    """An opened network with a clock."""

    def __init__(self, network):
        self._network = network
        self.step = _Clock(network.step)

    def __getattr__(self, name):
        return getattr(self._network, name)


def _frames(size, video):
    """The frames to segment, uint8 RGB of one size."""
    if video is None:
        return [smooth_image(size)]
    frames = islice(frames_of(video), _VIDEO_FRAMES)
    return [cv2.resize(frame, size[::-1]) for frame in frames]


def _jobs(model, engines, clocks, folder, frames):
    """What is timed, by (name of the model, engine, what).

    Args:
        model: The network, for images of the size to be timed.
        engines: Names of engines.
        clocks: For each of them, the clock of the frames and that of the network in
            them is written to it.
        folder: For files.
        frames: The frames of the stream, which are repeated.
    """
    jobs: dict = {}
    clip = np.stack(list(islice(cycle(frames), model.num_frames)))
    opened = open_by_engines(model, folder / model.name, engines)
    for engine, network in opened.items():
        key = model.name, engine
        timed = _TimedNetwork(network)
        segment = _Clock(VideoStream(timed).segment_frame)
        clocks[key] = segment, timed.step
        in_a_row = _in_a_row(model.image_size)
        jobs[*key, _FRAME] = _repeated(in_a_row, _frame_call(segment, frames))
        if engine != KERAS:
            states = network.initial_state()
            call = _step_call(network.step, states, frames[0])
            jobs[*key, _NETWORK] = _repeated(in_a_row, call)
            continue
        # The weights of the network itself: a copy elsewhere in memory takes a percent
        # more or less.
        step = network.model.build_step()
        jobs[*key, _NETWORK] = _repeated(in_a_row, call_of_step(step))
        stream = VideoStream(network)
        if model.taps:
            jobs[*key, _CLIP] = partial(stream.segment_clip, clip)
        if network.frames_at_once > 1:
            several = list(islice(cycle(frames), _SEVERAL_FRAMES))
            jobs[*key, _SEVERAL] = partial(VideoStream(network).segment_frames, several)
        if model.image_size in SEGMENTED_SIZES:
            jobs[*key, _VIDEO] = call_of_segment(stream, folder, frames)
    return jobs


def _in_a_row(size):
    return _IN_A_ROW if size[0] * size[1] <= _SMALL else 1


def _repeated(count, call):
    def run():
        for _ in range(count):
            call()

    return run


def _frame_call(segment, frames):
    repeated = cycle(frames)
    return lambda: segment(next(repeated))


def _step_call(step, states, image):
    def run():
        nonlocal states
        _, states = step(image[np.newaxis], states)

    return run


def _row(size, key, timings, clocks):
    model, engine, what = key
    of_frame, of_network = clocks[model, engine]
    rounds_ms = _rounds_of_a_frame(timings, key, size)
    alone_ms = _rounds_of_a_frame(timings, (model, engine, _NETWORK), size)
    clips = timings.get((model, KERAS, _CLIP))
    low, median, high = map(float, np.percentile(rounds_ms, (25, 50, 75)))
    return Row(
        *size,
        model,
        {_FRAME: engine, _SEVERAL: AT_ONCE, _CLIP: CLIPS, _VIDEO: SEGMENT}[what],
        None if what == _CLIP else float(np.median(alone_ms)),
        median,
        low,
        high,
        of_network.seconds / of_frame.seconds if what == _FRAME else None,
        None if what == _CLIP else _median_ratio(rounds_ms, alone_ms),
        _median_ratio(clips.rounds_ms, rounds_ms)
        if clips and what in (_FRAME, _SEVERAL)
        else None,
    )


def _rounds_of_a_frame(timings, key, size):
    """Milliseconds of a frame in every round; of a clip, where clips are timed."""
    frames = {
        _NETWORK: _in_a_row(size),
        _FRAME: _in_a_row(size),
        _SEVERAL: _SEVERAL_FRAMES,
        _CLIP: 1,
        _VIDEO: NUM_FRAMES,
    }
    return np.array(timings[key].rounds_ms) / frames[key[-1]]


def _median_ratio(above, below):
    return float(np.median(np.divide(above, below)))


_COLUMNS = {
    "": lambda row: f"{row.height}x{row.width} {row.model}",
    "engine": lambda row: row.engine,
    "to logits, ms": lambda row: _text(row.network_ms, "{:.1f}"),
    "frame, ms": lambda row: f"{row.ms:.1f}",
    "quartiles": lambda row: f"{row.low_ms:.1f} to {row.high_ms:.1f}",
    "frame / logits": lambda row: _text(row.ratio, "{:.3f}"),
    "in the network": lambda row: _text(row.share, "{:.0%}"),
    "frames a second": lambda row: f"{1000 / row.ms:.1f}",
    "clip / frame": lambda row: _text(row.clip_ratio, "{:.2f}"),
}


def _text(value, form):
    return "-" if value is None else form.format(value)


def describe(rows: list[Row]) -> str:
    """A table for the terminal."""
    return table_of(rows, _COLUMNS)
