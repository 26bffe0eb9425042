"""Clips on disk -> batches for training, as an endless `tf.data.Dataset`."""

import os
from collections.abc import Sequence
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


def training_clips(
    clips: Sequence[Clip],
    *,
    image_size: tuple[int, int],
    batch_size: int,
    num_frames: int,
    seed: int,
    start_step: int = 0,
    min_scale: float = 0.5,
    max_scale: float = 2.0,
    flip: bool = True,
    mean_rgb: tuple[float, float, float] = (0.0, 0.0, 0.0),
    every_label: bool = False,
    num_shards: int = 1,
    shard_index: int = 0,
) -> tf.data.Dataset:
    """Augmented clips in random order, without end.

    Sample number i of the stream depends on the clips, the seed and i alone: the
    clips come in a new permutation every epoch, and each sample draws its
    augmentation from a generator of its own. So the stream can start anywhere at
    no cost, and equal seeds give equal batches.

    Args:
        clips: From `clip_index`, all of `num_frames` frames.
        image_size: (height, width) of the result; see `Augmentation` for what the
            scales mean.
        batch_size: Clips per batch; a batch may reach into the next epoch.
        num_frames: Length of the clips.
        seed: Non-negative int.
        start_step: Batches to leave out at the beginning; none of them is decoded.
        min_scale: Smallest scale.
        max_scale: Largest scale.
        flip: Whether half of the clips are mirrored left to right.
        mean_rgb: Colour around images that are scaled down.
        every_label: Whether to read the labels of all frames and not of the last alone.
        num_shards: Workers that share the stream; each takes every `num_shards`-th
            sample, so that together they see what one worker would, in its order.
        shard_index: Which of them this is, from 0; steps are its own.

    OpenCV is set to one thread, for the whole process.

    Returns:
        A dataset of (images uint8 (batch_size, num_frames, height, width, 3), labels
        uint8 (batch_size, height, width), 255 ignored). With `every_label` labels are
        (batch_size, num_frames, height, width), 255 in frames that have none.
        What goes wrong with a file comes out of it as a `tf.errors.OpError`;
        `errors.original_error` turns that back into the plain error.

    Raises:
        ValueError: If a number is out of range or a clip has another length.
    """
    _check(clips, batch_size, num_frames, seed, start_step)
    if not 0 <= shard_index < num_shards:
        raise ValueError(
            f"`shard_index` must be 0 to `num_shards` - 1. Received: "
            f"num_shards={num_shards}, shard_index={shard_index}"
        )
    # Samples are loaded side by side: OpenCV's own threads would only be in the way.
    cv2.setNumThreads(1)
    augmentation = Augmentation(image_size, min_scale, max_scale, flip, mean_rgb)
    images_shape = (num_frames, *image_size, 3)
    labels_shape = (num_frames, *image_size) if every_label else tuple(image_size)
    nothing = np.zeros(images_shape, np.uint8), np.zeros(labels_shape, np.uint8)

    @until_exit(instead=nothing)
    def load(sample):
        return _load_sample(int(sample), clips, augmentation, seed, every_label)

    def load_in_graph(sample):
        images, labels = tf.numpy_function(
            load, [sample], (tf.uint8, tf.uint8), stateful=False
        )
        images = tf.ensure_shape(images, images_shape)
        return images, tf.ensure_shape(labels, labels_shape)

    first = start_step * batch_size * num_shards + shard_index
    samples = tf.data.Dataset.range(first, np.iinfo(np.int64).max, num_shards)
    # AUTOTUNE starts with one and takes many clips to find out that there are more.
    loaded = samples.map(load_in_graph, num_parallel_calls=os.cpu_count())
    if batch_size == 1:
        batches = loaded.map(_batch_of_one)  # a view, where `batch` would copy
    else:
        batches = loaded.batch(batch_size, drop_remainder=True)
    return batches.prefetch(tf.data.AUTOTUNE)


def _batch_of_one(images, labels):
    return images[tf.newaxis], labels[tf.newaxis]


def _check(clips, batch_size, num_frames, seed, start_step):
    if not clips:
        raise ValueError("`clips` must not be empty.")
    for name, value, least in (
        ("batch_size", batch_size, 1),
        ("num_frames", num_frames, 1),
        ("seed", seed, 0),
        ("start_step", start_step, 0),
    ):
        if value < least:
            raise ValueError(
                f"`{name}` must be at least {least}. Received: {name}={value}"
            )
    lengths = {len(clip.frames) for clip in clips}
    if lengths != {num_frames}:
        raise ValueError(
            f"Every clip must have `num_frames` frames. Received: "
            f"num_frames={num_frames}, clips of {sorted(lengths)} frames"
        )


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


def _clip_of_sample(sample, clips, seed):
    epoch, position = divmod(sample, len(clips))
    return clips[_order(seed, epoch, len(clips))[position]]


def _load_sample(sample, clips, augmentation, seed, every_label):
    clip = _clip_of_sample(sample, clips, seed)
    images, labels = read_clip(clip, every_label)
    rng = np.random.default_rng((seed, _AUGMENTATION, sample))
    return augment_clip(images, labels, augmentation, rng)


@lru_cache(maxsize=4)
def _order(seed, epoch, num_clips):
    return np.random.default_rng((seed, _ORDER, epoch)).permutation(num_clips)
