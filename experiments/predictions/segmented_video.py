"""A video with its predictions, as scores and figures read it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SegmentedFrame:
    """One frame with the prediction of one system.

    Attributes:
        name: Name of the frame, the file name without suffix if it is a file.
        prediction: uint8 (height, width), class ids.
        label: uint8 (height, width), 255 ignored, or None.
        image: uint8 RGB (height, width, 3), or None.
        flow: float32 (height, width, 2), motion of each pixel to the next frame, in
            pixels to the right and down, NaN if not known; or None.
    """

    name: str
    prediction: np.ndarray
    label: np.ndarray | None = None
    image: np.ndarray | None = None
    flow: np.ndarray | None = None


@dataclass(frozen=True)
class SegmentedVideo:
    """Frames of one video without a gap, all of one size, read on demand.

    Attributes:
        name: Name of the video in the data set.
        num_frames: Number of frames.
        read: Takes whether to read images and yields the frames in order; may be
            called several times. Without images `image` is None.
    """

    name: str
    num_frames: int
    read: Callable[[bool], Iterator[SegmentedFrame]]
