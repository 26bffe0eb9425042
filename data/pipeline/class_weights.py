"""Class weights from the labels of a data set."""

from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

from data.files.read_ahead import read_ahead
from data.labels.encodings import IGNORE_LABEL
from data.videos.video import Video


def median_frequency(
    videos: Sequence[Video], num_classes: int, progress: bool = True
) -> tuple[float, ...]:
    """Weights that balance the classes by their median frequency.

        frequency = pixels of the class / valid pixels of the images it occurs in
        weight    = median of the frequencies / frequency

    The class in the middle weighs one and rarer ones more. A class that never occurs
    weighs zero and is not part of the median.

    Source: Eigen and Fergus, "Predicting Depth, Surface Normals and Semantic Labels
    with a Common Multi-Scale Convolutional Architecture" (2015); SegNet trains with
    them. Every labelled frame is read once.

    Args:
        videos: From a data set's `read_videos`.
        num_classes: Int, 1 to 255.
        progress: Whether to show a progress bar.

    Returns:
        A weight for each class.

    Raises:
        FileNotFoundError: If a label file is missing.
        ValueError: If one cannot be read or holds a class beyond `num_classes`, or if
            there is no labelled pixel at all.
    """
    pixels = np.zeros(num_classes, np.int64)
    around = np.zeros(num_classes, np.int64)  # valid pixels of the images it occurs in
    for counts in _counts_of_labels(videos, num_classes, progress):
        pixels += counts
        around += np.where(counts > 0, counts.sum(), 0)
    occurs = pixels > 0
    if not occurs.any():
        names = ", ".join(video.name for video in videos)
        raise ValueError(
            f"The videos {names} hold no labelled pixel, so the classes cannot be "
            f"weighted by how frequent they are"
        )
    frequency = pixels[occurs] / around[occurs]
    weights = np.zeros(num_classes)
    weights[occurs] = np.median(frequency) / frequency
    return tuple(weights.tolist())


def _counts_of_labels(videos, num_classes, progress):
    """Yields for every labelled frame the pixels of each class."""
    labels = [
        (video.label_encoding, frame.label)
        for video in videos
        for frame in video.frames
        if frame.label is not None
    ]
    counts = read_ahead(lambda label: _class_counts(*label, num_classes), labels)
    yield from tqdm(
        counts,
        total=len(labels),
        unit="label",
        desc="class weights",
        disable=not progress,
        leave=False,
    )


def _class_counts(encoding, path, num_classes):
    counts = np.bincount(encoding.decode(path).ravel(), minlength=256)
    beyond = np.flatnonzero(counts[num_classes:IGNORE_LABEL])
    if beyond.size:
        raise ValueError(
            f"{path} holds the class {num_classes + beyond[0]}; there are "
            f"{num_classes} classes, counted from 0"
        )
    return counts[:num_classes]
