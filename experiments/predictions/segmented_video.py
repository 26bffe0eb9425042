"""A video beside its predictions, as scores and pictures read it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SegmentedFrame:
    """One frame, and what a system says of it.

    Attributes:
        name: Its own within the video, a file's stem where it comes from a file.
        prediction: uint8 (height, width), class ids.
        label: uint8 (height, width), 255 ignored, or None where there is none.
        image: uint8 RGB (height, width, 3), or None where there is none.
        flow: float32 (height, width, 2), how far in pixels to the right and down each
            pixel has moved in the next frame, NaN where that is not known; or None.
    """

    name: str
    prediction: np.ndarray
    label: np.ndarray | None = None
    image: np.ndarray | None = None
    flow: np.ndarray | None = None


@dataclass(frozen=True)
class SegmentedVideo:
    """The frames of one video without a gap, all of one size, read when asked for.

    Attributes:
        name: Its own within the data set.
        num_frames: How many there are.
        read: Called as often as one likes, with whether the images are wanted; yields
            the frames in order. Without them `image` is None.
    """

    name: str
    num_frames: int
    read: Callable[[bool], Iterator[SegmentedFrame]]
