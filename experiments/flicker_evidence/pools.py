"""Training clips prepared in advance by all processor cores, as arrays on disk.

A GPU needs clips faster than the cores can make them. All networks and seeds that are
compared share the clips of a pool.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.files.workers import worker_pool
from data.pipeline.augment import Augmentation, augment_clip
from data.pipeline.clips_from_stills import (
    BLOCK,
    StillMotion,
    clip_from_still,
)
from data.videos.clips import Clip, clip_index
from data.videos.read_clip import read_clip
from data.videos.video import Video
from experiments.flicker_evidence.recipes import pool_frames

_MIN_SCALE, _MAX_SCALE = 1.0, 1.6  # of clips that are not from stills


@dataclass(frozen=True)
class Pool:
    """Clips for training.

    Attributes:
        images: uint8 (count, num_frames, height, width, 3).
        labels: uint8 (count, num_frames, height, width).
        flow: float32 (count, num_frames - 1, height / 8, width / 8, 2), as
            `MovingPicture.backward_flow` in the middle of each block.
    """

    images: np.ndarray
    labels: np.ndarray
    flow: np.ndarray

    def order(self, size: int, steps: int, seed: int) -> Iterator[np.ndarray]:
        """Yields the indices of `size` clips for each step, epoch by epoch shuffled."""
        rng = np.random.default_rng((seed, len(self.images)))
        order = np.empty(0, int)
        for _ in range(steps):
            while len(order) < size:
                order = np.append(order, rng.permutation(len(self.images)))
            yield np.sort(order[:size])
            order = order[size:]


def make_pool(
    folder: Path,
    name: str,
    videos: Sequence[Video],
    count: int,
    size: tuple[int, int],
    seed: int = 0,
) -> Path:
    """Makes `count` clips of the pool `name` of a `Recipe` and returns its folder."""
    folder = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    frames = pool_frames(name)
    blocks = [-(-side // BLOCK) for side in size]
    shapes = {
        "images": ((count, frames, *size, 3), np.uint8),
        "labels": ((count, frames, *size), np.uint8),
        "flow": ((count, frames - 1, *blocks, 2), np.float32),
    }
    for array, (shape, dtype) in shapes.items():
        np.lib.format.open_memmap(folder / f"{array}.npy", "w+", dtype, shape)
    clips = clip_index(videos, frames if name == "real" else 1)
    cores = os.cpu_count() or 1
    parts = np.array_split(np.arange(count), min(count, 4 * cores))
    with worker_pool(cores) as processes:
        made = [
            processes.submit(_fill, folder, name, clips, part, size, seed)
            for part in parts
        ]
        for part in made:
            part.result()
    (folder / "done").touch()
    return folder


def open_pool(folder: Path) -> Pool:
    """The clips that `make_pool` made."""
    return Pool(
        *(np.load(folder / f"{n}.npy", "r") for n in ("images", "labels", "flow"))
    )


def _fill(folder, name, clips, samples, size, seed):
    images, labels, flow = (
        np.load(folder / f"{array}.npy", "r+") for array in ("images", "labels", "flow")
    )
    augmentation = Augmentation(size, _MIN_SCALE, _MAX_SCALE)
    for sample in samples:
        rng = np.random.default_rng((seed, sample))
        clip = clips[sample % len(clips)]
        if name.startswith("motion"):
            donors = [_still(clips[rng.integers(len(clips))])] * (rng.random() < 0.5)
            made = clip_from_still(
                *_still(clip),
                images.shape[1],
                size,
                StillMotion(),
                rng,
                donors,
                with_flow=True,
                flow_block=BLOCK,
            )
            images[sample], labels[sample], flow[sample] = made
        else:
            images[sample], labels[sample] = augment_clip(
                *read_clip(clip, every_label=True), augmentation, rng
            )


def _still(clip: Clip):
    images, label = read_clip(Clip(clip.video, clip.frames[-1:]))
    return next(iter(images)), label
