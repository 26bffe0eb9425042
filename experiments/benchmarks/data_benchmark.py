"""Training clips per second, compared with decoding the same files alone."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import psutil
import tensorflow as tf

from data.pipeline.augment import Augmentation
from data.pipeline.clips_from_stills import StillMotion
from data.pipeline.image_noise import NO_NOISE
from data.pipeline.training_clips import ClipBatches, training_clips
from data.videos.clips import Clip, clip_index
from data.videos.video import Video
from experiments.benchmarks.interleaved import Timing, time_interleaved
from experiments.presentation.text_table import table_of

NUM_FRAMES = 4
BOUND = "decoding alone"
_WARM_UP = 6  # clips


@dataclass(frozen=True)
class Row:
    """One way to read clips.

    Attributes:
        name: `decoding alone`, `training clips, files`, ...
        clips_per_second, low, high: Median and quartiles over the rounds.
        share: Ratio to the bound's clips per second, median over the rounds.
    """

    name: str
    clips_per_second: float
    low: float
    high: float
    share: float


def benchmark_data(
    sources: Mapping[str, Sequence[Video]],
    image_size: tuple[int, int],
    clips_per_round: int = 48,
    rounds: int = 7,
    progress: bool = True,
) -> list[Row]:
    """Times the pipeline and its bound in one interleaved run.

    The bound reads and decodes the files of equally many clips in parallel, with
    `tf.io.decode_png`, and discards the pixels. Some clips are read before the timing
    starts, so that the buffers are as full at the beginning as at the end.

    Args:
        sources: Videos from a data set's `read_videos`, by where they are read from;
            all of the same PNG files. The bound reads the first.
        image_size: (height, width) of the clips.
        clips_per_round: How many clips are timed together.
        rounds: How many times each is timed.
        progress: Whether to show a progress bar.
    """
    index = {name: clip_index(videos, NUM_FRAMES) for name, videos in sources.items()}
    first = next(iter(index))
    count = _WARM_UP + clips_per_round
    datasets = {BOUND: lambda: _decoded(index[first], count)}
    for name, clips in index.items():
        datasets[f"training clips, {name}"] = partial(_training, clips, image_size)
    datasets[f"without augmentation, {first}"] = partial(
        _training, index[first], image_size, min_scale=1.0, max_scale=1.0, flip=False
    )
    datasets[f"clips from stills, {first}"] = lambda: _moved_stills(
        clip_index(sources[first], 1), image_size, StillMotion()
    )
    datasets[f"clips from stills, no noise, {first}"] = lambda: _moved_stills(
        clip_index(sources[first], 1), image_size, StillMotion(noise=NO_NOISE)
    )
    readers = {
        name: _Reader(make, NUM_FRAMES + 1 if name == BOUND else 1)
        for name, make in datasets.items()
    }
    timings = time_interleaved(
        {name: partial(r.read, clips_per_round) for name, r in readers.items()},
        rounds,
        progress,
        lambda name: readers[name].start(_WARM_UP),
    )
    bound = np.array(timings[BOUND].rounds_ms)
    return [
        _row(name, timing, bound, clips_per_round) for name, timing in timings.items()
    ]


class _Reader:
    """Reads clips from a dataset with `per_clip` elements for each clip."""

    def __init__(self, make, per_clip):
        self._make = make
        self._per_clip = per_clip

    def start(self, clips):
        self._iterator = iter(self._make())
        self.read(clips)

    def read(self, clips):
        for _ in range(clips * self._per_clip):
            next(self._iterator)


def memory_over_clips(
    videos: Sequence[Video], image_size: tuple[int, int], num_clips: int
) -> list[float]:
    """Memory of the process in megabytes after each tenth of `num_clips`."""
    clips = clip_index(videos, NUM_FRAMES)
    every = max(1, num_clips // 10)
    held = []
    batches = _training(clips, image_size).take(num_clips)
    for number, _ in enumerate(batches, start=1):
        if number % every == 0:
            held.append(_memory_mb())
    return held


def describe(rows: list[Row]) -> str:
    """A table for the terminal."""
    return table_of(
        rows,
        {
            "": lambda row: row.name,
            "clips per second": lambda row: f"{row.clips_per_second:.2f}",
            "quartiles": lambda row: f"{row.low:.2f} to {row.high:.2f}",
            "of the bound": lambda row: f"{row.share:.2f}",
        },
    )


def _training(clips, image_size, **augmentation):
    settings = ClipBatches(
        Augmentation(image_size, **augmentation),
        batch_size=1,
        num_frames=NUM_FRAMES,
        seed=0,
    )
    return training_clips(clips, settings)


def _moved_stills(stills, image_size, motion):
    settings = ClipBatches(
        Augmentation(image_size),
        batch_size=1,
        num_frames=NUM_FRAMES,
        seed=0,
        every_label=True,
        motion_share=1.0,
        motion=motion,
        with_flow=True,
    )
    return training_clips([], settings, stills)


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


def _row(name, timing: Timing, bound_ms, clips):
    per_second = (
        1000 * clips / np.array([timing.median_ms, timing.high_ms, timing.low_ms])
    )
    share = np.median(bound_ms / np.array(timing.rounds_ms))
    return Row(name, *map(float, per_second), float(share))


def _memory_mb():
    return psutil.Process().memory_info().rss / 1e6
