"""Class weights from the labels of a data set."""

from collections.abc import Sequence

import numpy as np

from data.labels.encodings import IGNORE_LABEL
from data.videos.label_counts import labelled_frames, read_counts
from data.videos.video import Frame, Video


def median_frequency(
    videos: Sequence[Video], num_classes: int, progress: bool = True
) -> tuple[float, ...]:
    """Weights that balance the classes by their median frequency.

        frequency = pixels of the class / valid pixels of the images it occurs in
        weight    = median of the frequencies / frequency

    The class of median frequency has the weight one, rarer ones have larger weights. A
    class that never occurs has the weight zero and is not part of the median.

    Source: Eigen and Fergus, "Predicting Depth, Surface Normals and Semantic Labels
    with a Common Multi-Scale Convolutional Architecture" (2015); SegNet is
    trained with them. Every label is read once.

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
    valid = np.zeros(num_classes, np.int64)  # in the images in which a class occurs
    frames = labelled_frames(videos)
    all_counts = read_counts(frames, "class weights", progress)
    for (_, frame), counts in zip(frames, all_counts, strict=True):
        _check_classes(counts, num_classes, frame)
        counts = counts[:num_classes]
        pixels += counts
        valid += np.where(counts > 0, counts.sum(), 0)
    occurs = pixels > 0
    if not occurs.any():
        names = ", ".join(video.name for video in videos)
        raise ValueError(
            f"The videos {names} hold no labelled pixel, so the frequency of the "
            f"classes, which the weights depend on, is not known"
        )
    frequency = pixels[occurs] / valid[occurs]
    weights = np.zeros(num_classes)
    weights[occurs] = np.median(frequency) / frequency
    return tuple(weights.tolist())


def _check_classes(counts: np.ndarray, num_classes: int, frame: Frame) -> None:
    beyond = np.flatnonzero(counts[num_classes:IGNORE_LABEL])
    if beyond.size:
        raise ValueError(
            f"{frame.label} holds the class {num_classes + beyond[0]}; there are "
            f"{num_classes} classes, counted from 0"
        )
