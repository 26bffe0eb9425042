"""Clips on disk -> batches for training, as an endless `tf.data.Dataset`."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import tensorflow as tf

from data.pipeline.augment import Augmentation, augment_clip
from data.pipeline.until_exit import until_exit
from data.videos.clips import Clip
from data.videos.read_clip import read_clip

# Names of the random streams that one seed opens.
_ORDER, _AUGMENTATION = range(2)


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


def training_clips(clips: Sequence[Clip], settings: ClipBatches) -> tf.data.Dataset:
    """Augmented clips in random order, without end.

    Sample number i of the stream depends only on the clips, the seed and i: the
    clips come in a new permutation every epoch, and each sample has a random generator
    of its own for its augmentation. So the stream can start anywhere at no cost, and
    equal seeds give equal batches.

    OpenCV is set to one thread, for the whole process.

    Args:
        clips: From `clip_index`, all of `settings.num_frames` frames.
        settings: How they become batches.

    Returns:
        A dataset of (images uint8 (batch_size, num_frames, height, width, 3), labels
        uint8 (batch_size, height, width), 255 ignored). With `every_label` labels are
        (batch_size, num_frames, height, width), 255 in frames that have none.
        Errors of files appear as a `tf.errors.OpError`; `errors.original_error` turns
        it into the original error.

    Raises:
        ValueError: If there is no clip, or a clip has another length.
    """
    _check_lengths(clips, settings.num_frames)
    # Samples are loaded in parallel, so threads of OpenCV would only compete with them.
    cv2.setNumThreads(1)
    first = settings.start_step * settings.batch_size * settings.num_shards
    samples = tf.data.Dataset.range(
        first + settings.shard_index, np.iinfo(np.int64).max, settings.num_shards
    )
    loaded = _load_in_parallel(samples, clips, settings)
    if settings.batch_size == 1:
        batches = loaded.map(_batch_of_one)  # a view, where `batch` would copy
    else:
        batches = loaded.batch(settings.batch_size, drop_remainder=True)
    return batches.prefetch(tf.data.AUTOTUNE)


def _check_lengths(clips: Sequence[Clip], num_frames: int) -> None:
    if not clips:
        raise ValueError("`clips` must not be empty.")
    lengths = {len(clip.frames) for clip in clips}
    if lengths != {num_frames}:
        raise ValueError(
            f"Every clip must have `num_frames` frames. Received: "
            f"num_frames={num_frames}, clips of {sorted(lengths)} frames"
        )


def _load_in_parallel(
    samples: tf.data.Dataset, clips: Sequence[Clip], settings: ClipBatches
) -> tf.data.Dataset:
    """The images and labels of every sample number."""
    shapes = settings.images_shape, settings.labels_shape
    nothing = tuple(np.zeros(shape, np.uint8) for shape in shapes)

    @until_exit(instead=nothing)
    def load(sample):
        return _load_sample(int(sample), clips, settings)

    def load_in_graph(sample):
        images, labels = tf.numpy_function(
            load, [sample], (tf.uint8, tf.uint8), stateful=False
        )
        images = tf.ensure_shape(images, settings.images_shape)
        return images, tf.ensure_shape(labels, settings.labels_shape)

    # AUTOTUNE starts with one thread and needs many clips to find out that more help.
    return samples.map(load_in_graph, num_parallel_calls=os.cpu_count())


def _batch_of_one(images, labels):
    return images[tf.newaxis], labels[tf.newaxis]


def clips_of_step(
    clips: Sequence[Clip], step: int, batch_size: int, seed: int
) -> list[Clip]:
    """The clips of one batch of `training_clips`, on one worker.

    Args:
        clips, batch_size, seed: As `training_clips` was given.
        step: Number of the batch, from 0.
    """
    first = step * batch_size
    samples = range(first, first + batch_size)
    return [_clip_of_sample(sample, clips, seed) for sample in samples]


def _clip_of_sample(sample: int, clips: Sequence[Clip], seed: int) -> Clip:
    epoch, position = divmod(sample, len(clips))
    return clips[_order(seed, epoch, len(clips))[position]]


def _load_sample(
    sample: int, clips: Sequence[Clip], settings: ClipBatches
) -> tuple[np.ndarray, np.ndarray]:
    clip = _clip_of_sample(sample, clips, settings.seed)
    images, labels = read_clip(clip, settings.every_label)
    rng = np.random.default_rng((settings.seed, _AUGMENTATION, sample))
    return augment_clip(images, labels, settings.augmentation, rng)


@lru_cache(maxsize=4)
def _order(seed, epoch, num_clips):
    return np.random.default_rng((seed, _ORDER, epoch)).permutation(num_clips)
