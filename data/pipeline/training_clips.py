"""Clips on disk -> batches for training, as an endless `tf.data.Dataset`."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np
import tensorflow as tf

from data.pipeline.augment import Augmentation, augment_clip
from data.pipeline.clips_from_stills import (
    BLOCK,
    StillMotion,
    clip_from_still,
)
from data.pipeline.until_exit import until_exit
from data.videos.clips import Clip
from data.videos.read_clip import read_clip

# Names of the random streams that one seed opens.
_ORDER, _AUGMENTATION, _SOURCE, _STILL_ORDER = range(4)
_DONOR_SHARE = 0.5  # of moved stills, in which an object of another still moves


@dataclass(frozen=True)
class ClipBatches:
    """How clips become batches.

    Attributes:
        augmentation: What may happen to a clip, and the size of the result.
        batch_size: Clips per batch; a batch may reach into the next epoch.
        num_frames: Length of the clips.
        seed: Non-negative int.
        start_step: Number of batches to leave out at the beginning; they are not
            decoded.
        every_label: Whether to read the labels of all frames, instead of only the last.
        motion_share: Share of clips that are made from single labelled frames by
            `clip_from_still`, instead of read; 1 for stills alone.
        motion: How stills move; the scales of `augmentation` do not apply to them.
        with_flow: Whether to add the flow between frames, which is known only for moved
            stills.
        num_shards: Number of workers that share the clips. Each takes every
            `num_shards`-th sample, so that together they see what one worker would see,
            in the same order.
        shard_index: Number of this worker, from 0. Steps are those of one worker.
    """

    augmentation: Augmentation
    batch_size: int
    num_frames: int
    seed: int
    start_step: int = 0
    every_label: bool = False
    motion_share: float = 0.0
    motion: StillMotion = field(default_factory=StillMotion)
    with_flow: bool = False
    num_shards: int = 1
    shard_index: int = 0

    def __post_init__(self):
        for name, least in (
            ("batch_size", 1),
            ("num_frames", 1),
            ("seed", 0),
            ("start_step", 0),
        ):
            value = getattr(self, name)
            if value < least:
                raise ValueError(
                    f"`{name}` must be at least {least}. Received: {name}={value}"
                )
        if not 0 <= self.motion_share <= 1:
            raise ValueError(
                f"`motion_share` must be 0 to 1. Received: "
                f"motion_share={self.motion_share}"
            )
        if self.with_flow and self.motion_share < 1:
            raise ValueError(
                f"The flow is known only for moved stills, so `with_flow` needs "
                f"`motion_share` 1. Received: motion_share={self.motion_share}"
            )
        if not 0 <= self.shard_index < self.num_shards:
            raise ValueError(
                f"`shard_index` must be 0 to `num_shards` - 1. Received: "
                f"num_shards={self.num_shards}, shard_index={self.shard_index}"
            )

    @property
    def images_shape(self) -> tuple[int, ...]:
        """Of the frames of one clip: (num_frames, height, width, 3)."""
        return self.num_frames, *self.augmentation.image_size, 3

    @property
    def labels_shape(self) -> tuple[int, ...]:
        """Of the labels of one clip: (height, width), or of every frame."""
        size = self.augmentation.image_size
        return (self.num_frames, *size) if self.every_label else size

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of the images, labels and, with `with_flow`, the flow of one clip."""
        if not self.with_flow:
            return self.images_shape, self.labels_shape
        blocks = (-(-side // BLOCK) for side in self.augmentation.image_size)
        flow_shape = (self.num_frames - 1, *blocks, 2)
        return self.images_shape, self.labels_shape, flow_shape


def training_clips(
    clips: Sequence[Clip], settings: ClipBatches, stills: Sequence[Clip] = ()
) -> tf.data.Dataset:
    """Augmented clips in random order, without end.

    Sample number i of the stream depends only on the clips, the seed and i: the
    clips come in a new permutation every epoch, and each sample has a random generator
    of its own for its augmentation. Therefore the stream can start at any sample
    without extra cost, and equal seeds give equal batches.

    OpenCV is set to one thread, for the whole process.

    Args:
        clips: From `clip_index`, all of `settings.num_frames` frames; none are needed
            where `settings.motion_share` is 1.
        settings: How they become batches.
        stills: From `clip_index`, of one frame each; needed where
            `settings.motion_share` is not 0.

    Returns:
        A dataset of (images uint8 (batch_size, num_frames, height, width, 3), labels
        uint8 (batch_size, height, width), 255 ignored). With `every_label` labels are
        (batch_size, num_frames, height, width), 255 in frames that have none.
        `with_flow` adds float32 (batch_size, num_frames - 1, height / 8, width / 8, 2),
        rounded up: `MovingPicture.backward_flow` in the middle of each block.
        Errors of files appear as a `tf.errors.OpError`; `errors.original_error` turns
        it into the original error.

    Raises:
        ValueError: If there is no clip, or a clip has another length.
    """
    if settings.motion_share < 1:
        _check_lengths("clips", clips, settings.num_frames)
    if settings.motion_share:
        _check_lengths("stills", stills, 1)
    # Samples are loaded in parallel, so threads of OpenCV would only compete with them.
    cv2.setNumThreads(1)
    first = settings.start_step * settings.batch_size * settings.num_shards
    samples = tf.data.Dataset.range(
        first + settings.shard_index, np.iinfo(np.int64).max, settings.num_shards
    )
    loaded = _load_in_parallel(samples, clips, stills, settings)
    if settings.batch_size == 1:
        batches = loaded.map(_batch_of_one)  # a view, where `batch` would copy
    else:
        batches = loaded.batch(settings.batch_size, drop_remainder=True)
    return batches.prefetch(tf.data.AUTOTUNE)


def _check_lengths(name: str, clips: Sequence[Clip], num_frames: int) -> None:
    if not clips:
        raise ValueError(f"`{name}` must not be empty.")
    lengths = {len(clip.frames) for clip in clips}
    if lengths != {num_frames}:
        raise ValueError(
            f"Every one of `{name}` must have {num_frames} frames. Received: "
            f"num_frames={num_frames}, clips of {sorted(lengths)} frames"
        )


def _load_in_parallel(
    samples: tf.data.Dataset,
    clips: Sequence[Clip],
    stills: Sequence[Clip],
    settings: ClipBatches,
) -> tf.data.Dataset:
    """The images and labels of every sample number, and the flow with `with_flow`."""
    dtypes = (np.uint8, np.uint8, np.float32)[: len(settings.shapes)]
    nothing = tuple(map(np.zeros, settings.shapes, dtypes))

    @until_exit(instead=nothing)
    def load(sample):
        return _load_sample(int(sample), clips, stills, settings)

    def load_in_graph(sample):
        arrays = tf.numpy_function(load, [sample], dtypes, stateful=False)
        return tuple(map(tf.ensure_shape, arrays, settings.shapes))

    # AUTOTUNE starts with one thread and needs many clips to find out that more help.
    return samples.map(load_in_graph, num_parallel_calls=os.cpu_count())


def _batch_of_one(*arrays):
    return tuple(array[tf.newaxis] for array in arrays)


def clips_of_step(
    clips: Sequence[Clip],
    step: int,
    settings: ClipBatches,
    stills: Sequence[Clip] = (),
) -> list[Clip]:
    """The clips of one batch of `training_clips`, on one worker.

    Args:
        clips, settings, stills: As `training_clips` was given.
        step: Number of the batch, from 0.
    """
    first = step * settings.batch_size
    samples = range(first, first + settings.batch_size)
    return [_source_of_sample(s, clips, stills, settings)[0] for s in samples]


def _source_of_sample(sample, clips, stills, settings):
    """A clip and False, or a still of one frame and True."""
    seed = settings.seed
    moved = settings.motion_share == 1
    if 0 < settings.motion_share < 1:
        rng = np.random.default_rng((seed, _SOURCE, sample))
        moved = bool(rng.random() < settings.motion_share)
    sources, order = (stills, _STILL_ORDER) if moved else (clips, _ORDER)
    epoch, position = divmod(sample, len(sources))
    return sources[_order(seed, order, epoch, len(sources))[position]], moved


def _load_sample(sample, clips, stills, settings):
    clip, moved = _source_of_sample(sample, clips, stills, settings)
    rng = np.random.default_rng((settings.seed, _AUGMENTATION, sample))
    if not moved:
        images, labels = read_clip(clip, settings.every_label)
        return augment_clip(images, labels, settings.augmentation, rng)
    return _moved_still(clip, stills, settings, rng)


def _moved_still(clip, stills, settings, rng):
    image, label = _still(clip)
    donors = []
    if rng.random() < _DONOR_SHARE:
        donors.append(_still(stills[int(rng.integers(len(stills)))]))
    images, labels, *flow = clip_from_still(
        image,
        label,
        settings.num_frames,
        settings.augmentation.image_size,
        settings.motion,
        rng,
        donors,
        settings.with_flow,
        flow_block=BLOCK,
    )
    if not settings.every_label:
        labels = labels[-1]
    return images, labels, *flow


def _still(clip):
    (image,), label = read_clip(clip)
    return image, label


@lru_cache(maxsize=4)
def _order(seed, stream, epoch, num_clips):
    return np.random.default_rng((seed, stream, epoch)).permutation(num_clips)
