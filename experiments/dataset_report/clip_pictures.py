"""Pictures of training clips as the network sees them."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from data.labels.encodings import IGNORE_LABEL
from data.pipeline.augment import Augmentation
from data.pipeline.training_clips import ClipBatches, training_clips
from data.readers.dataset_info import DatasetInfo
from data.videos.clips import Clip
from experiments.presentation.film_strip import save_filmstrip


def save_training_clips(
    path: Path,
    clips: Sequence[Clip],
    info: DatasetInfo,
    augmentation: Augmentation,
    num_frames: int,
    seed: int,
    count: int = 3,
    motion_share: float = 0.0,
    stills: Sequence[Clip] = (),
) -> None:
    """Draws the first clips of a training, each as frames with labels below.

    Args:
        path: PNG file.
        clips: From `clip_index`.
        info: Facts of the data set.
        augmentation: What may happen to a clip.
        num_frames: Length of the clips.
        seed: Of the training.
        count: Number of clips.
        motion_share: Share of clips made from `stills`.
        stills: From `clip_index`, of one frame each.
    """
    settings = ClipBatches(
        replace(augmentation, padding_rgb=info.mean_rgb),
        batch_size=1,
        num_frames=num_frames,
        seed=seed,
        every_label=True,
        motion_share=motion_share,
    )
    stream = training_clips(clips, settings, stills)
    rows = []
    for number, (images, labels) in enumerate(
        islice(stream.as_numpy_iterator(), count), start=1
    ):
        rows.append((f"clip {number}", list(images[0])))
        rows.append(("labels", list(_labelled_end(labels[0]))))
    save_filmstrip(
        path,
        rows,
        classes=(*info.classes, "ignored"),
        palette=(*info.palette, (0, 0, 0)),
    )


def _labelled_end(labels: np.ndarray) -> np.ndarray:
    """`labels` (num_frames, height, width), without leading maps of no class."""
    has_class = (labels != IGNORE_LABEL).any(axis=(1, 2))
    first = int(np.argmax(has_class)) if has_class.any() else len(labels) - 1
    return labels[first:]
