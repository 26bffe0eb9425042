"""Pictures of clips as a network in training sees them."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from data.labels.encodings import IGNORE_LABEL
from data.pipeline.training_clips import training_clips
from data.readers.dataset_info import DatasetInfo
from data.videos.clips import Clip
from experiments.presentation.film_strip import save_filmstrip


def save_training_clips(
    path: Path,
    clips: Sequence[Clip],
    info: DatasetInfo,
    count: int = 3,
    **arguments,
) -> None:
    """Draws the first clips of a training: frames, and below them their labels.

    Args:
        path: PNG file.
        clips: From `clip_index`.
        info: Of the data set.
        count: How many clips to draw.
        **arguments: Of `training_clips`, but for those that are set here.
    """
    stream = training_clips(
        clips, batch_size=1, mean_rgb=info.mean_rgb, every_label=True, **arguments
    )
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
    """`labels` (num_frames, height, width) from the first one that has a class."""
    has_class = (labels != IGNORE_LABEL).any(axis=(1, 2))
    first = int(np.argmax(has_class)) if has_class.any() else len(labels) - 1
    return labels[first:]
