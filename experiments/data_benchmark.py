"""Training clips a second, against decoding the same files and nothing else."""

import os
import resource
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import tensorflow as tf

from data.clips import Clip, clip_index
from data.pipeline import training_clips
from data.video import Video
from experiments.interleaved import Timing, time_interleaved
from experiments.table import text_table

NUM_FRAMES = 4


@dataclass(frozen=True)
class Row:
    """One way to read clips.

    Attributes:
        name: `decoding alone`, `training clips`, ...
        clips_per_second: The median round's; low and high: the quartiles'.
        share: Of the bound's clips a second, round by round, the median.
        memory_mb: Most that the process has held so far, megabytes.
    """

    name: str
    clips_per_second: float
    low: float
    high: float
    share: float
    memory_mb: float

    def as_json(self) -> dict:
        return asdict(self)


def benchmark_data(
    videos: Sequence[Video],
    image_size: tuple[int, int],
    clips_per_round: int = 48,
    rounds: int = 7,
    progress: bool = True,
) -> list[Row]:
    """Times the pipeline, plain and augmented, and the bound, in turn in one run.

    The bound reads and decodes the files of as many clips in parallel, with
    `tf.io.decode_png`, and throws the pixels away.

    Args:
        videos: Of PNG files, from a data set's `read_videos`.
        image_size: (height, width) of the clips.
        clips_per_round: How many are read in one go.
        rounds: How often.
        progress: Whether to show a progress bar.
    """
    clips = clip_index(videos, NUM_FRAMES)
    jobs = {
        "decoding alone": lambda: _exhaust(_decoded(clips, clips_per_round)),
        "training clips": lambda: _exhaust(
            _clips(clips, image_size, 0.5, 2.0, True).take(clips_per_round)
        ),
        "without augmentation": lambda: _exhaust(
            _clips(clips, image_size, 1.0, 1.0, False).take(clips_per_round)
        ),
    }
    timings = time_interleaved(jobs, rounds, progress)
    bound = np.array(timings["decoding alone"].rounds_ms)
    return [
        _row(name, timing, bound, clips_per_round) for name, timing in timings.items()
    ]


def memory_over_clips(
    videos: Sequence[Video], image_size: tuple[int, int], num_clips: int
) -> list[float]:
    """Megabytes that the process has held at most, after each tenth of `num_clips`."""
    clips = clip_index(videos, NUM_FRAMES)
    every = max(1, num_clips // 10)
    held = []
    batches = _clips(clips, image_size, 0.5, 2.0, True).take(num_clips)
    for number, _ in enumerate(batches, start=1):
        if number % every == 0:
            held.append(_memory_mb())
    return held


def describe(rows: list[Row]) -> str:
    header = ("", "clips a second", "quartiles", "of the bound")
    lines = [
        (
            row.name,
            f"{row.clips_per_second:.2f}",
            f"{row.low:.2f} to {row.high:.2f}",
            f"{row.share:.2f}",
        )
        for row in rows
    ]
    return text_table(header, lines)


def _clips(clips, image_size, min_scale, max_scale, flip):
    return training_clips(
        clips,
        image_size=image_size,
        batch_size=1,
        num_frames=NUM_FRAMES,
        seed=0,
        min_scale=min_scale,
        max_scale=max_scale,
        flip=flip,
    )


def _decoded(clips: Sequence[Clip], count):
    """The files of `count` clips in random order, decoded in parallel."""
    order = np.random.default_rng(0).integers(len(clips), size=count)
    files = [
        path
        for number in order
        for path in (
            *(frame.image for frame in clips[number].frames),
            clips[number].frames[-1].label,
        )
    ]
    return (
        tf.data.Dataset.from_tensor_slices(files)
        .map(
            lambda path: tf.io.decode_png(tf.io.read_file(path)),
            num_parallel_calls=os.cpu_count(),
        )
        .prefetch(tf.data.AUTOTUNE)
    )


def _exhaust(dataset):
    for _ in dataset:
        pass


def _row(name, timing: Timing, bound_ms, clips):
    per_second = (
        1000 * clips / np.array([timing.median_ms, timing.high_ms, timing.low_ms])
    )
    share = np.median(bound_ms / np.array(timing.rounds_ms))
    return Row(name, *map(float, per_second), float(share), _memory_mb())


def _memory_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
