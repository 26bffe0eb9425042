"""How many pixels of each class the labels of some videos hold."""

from collections.abc import Iterator, Sequence

import numpy as np
from tqdm import tqdm

from data.files.read_ahead import read_ahead
from data.videos.video import Frame, Video


def labelled_frames(
    videos: Sequence[Video], at_most: int | None = None
) -> list[tuple[Video, Frame]]:
    """The labelled frames of some videos, each with its video.

    Args:
        videos: From the `read_videos` of a data set.
        at_most: How many to return at most, evenly spread over all videos.
    """
    labelled = [
        (video, frame)
        for video in videos
        for frame in video.frames
        if frame.label is not None
    ]
    if at_most is None or len(labelled) <= at_most:
        return labelled
    places = np.linspace(0, len(labelled) - 1, at_most).round().astype(int)
    return [labelled[place] for place in places]


def count_pixels(labels: np.ndarray) -> np.ndarray:
    """The number of pixels of every id 0..255 in a uint8 label map, int64 (256,)."""
    return np.bincount(labels.ravel(), minlength=256)


def read_counts(
    frames: Sequence[tuple[Video, Frame]], title: str, progress: bool = True
) -> Iterator[np.ndarray]:
    """Yields `count_pixels` of every label, in order; several files are read at a time.

    Args:
        frames: From `labelled_frames`.
        title: Of the progress bar.
        progress: Whether to show a progress bar.

    Raises:
        FileNotFoundError: If a label file is missing.
        ValueError: If one cannot be read.
    """
    yield from tqdm(
        read_ahead(_counts_of, frames),
        total=len(frames),
        unit="label",
        desc=title,
        disable=not progress or None,
        leave=False,
    )


def _counts_of(labelled: tuple[Video, Frame]) -> np.ndarray:
    video, frame = labelled
    return count_pixels(video.read_label(frame))
