"""Where every point of a frame was in the previous frame, by optical flow."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

# Flow is estimated on images whose shorter side has about this many pixels: CamVid's
# 360x480 at a third of its size, which smooths as well as half or the whole size.
_FLOW_SIDE = 128
# Pixels from one patch of 8 x 8 to the next: three quarters of the time of OpenCV's 4,
# and 0.2 % more flicker on the videos that it was chosen on.
_PATCH_STRIDE = 6
# In narrower images OpenCV's DIS fails, or ends the whole process.
_MIN_SIDE = 16
_WINDOW = 3  # pixels a side of the neighbourhoods whose mean grey levels are compared
MAX_DIFFERENCE = 12.0  # grey levels
_CHANNELS_AT_ONCE = 64  # OpenCV 5 has a limit of 128
_OPENCV_STEPS = 32  # parts of a pixel that `cv2.remap` rounds positions to


@dataclass(frozen=True)
class GridMotion:
    """Where the points of a grid over the current frame were in the frame before.

    The corner points of a grid are at the corner pixels of the image.

    Attributes:
        points: float32 (grid height, grid width, 2), column and row in the grid over
            the frame before.
        known: bool (grid height, grid width), false where the point was outside the
            frame before, or looked different there.
    """

    points: np.ndarray
    known: np.ndarray

    def warp(self, past: np.ndarray) -> np.ndarray:
        """Brings `past` to the current frame, bilinearly.

        Args:
            past: Float32 array (grid height, grid width, ...) of the frame before.

        Returns:
            An array like `past`; where `known` is false, its values mean nothing.
        """
        channels = past.reshape(*past.shape[:2], -1)
        warped = [
            _remap(channels[..., start : start + _CHANNELS_AT_ONCE], self.points)
            for start in range(0, channels.shape[-1], _CHANNELS_AT_ONCE)
        ]
        if len(warped) == 1:
            return warped[0].reshape(past.shape)  # OpenCV drops an axis of length 1
        return np.dstack(warped).reshape(past.shape)

    def as_flow(self) -> np.ndarray:
        """The motion as `layers.warp_states.warp_states` takes it.

        Returns:
            float32 (grid height, grid width, 2): how far to the right and down the
            point was in the frame before, in grid points; NaN where it is not known.
        """
        points = np.round(self.points * _OPENCV_STEPS) / _OPENCV_STEPS
        flow = points - _grid_points(self.known.shape)
        flow[~self.known] = np.nan
        return flow

    def replace_unknown(self, warped: np.ndarray, current: np.ndarray) -> None:
        """Writes `current` to `warped` where the motion is not known.

        Args:
            warped: Float32 array (grid height, grid width, ...), changed in place.
            current: An array like it, of the current frame.
        """
        unknown = ~self.known
        if warped[0, 0].size <= _CHANNELS_AT_ONCE:  # a fifth of the time of NumPy
            cv2.copyTo(current, unknown.view(np.uint8), warped)
        else:
            warped[unknown] = current[unknown]


class FrameMotion:
    """Estimates the motion between consecutive frames of one video.

    Backward flow by OpenCV's DIS on small grey images. Where the frame before, moved
    along the flow, differs from the current frame, the flow is taken to be wrong or the
    point to have been hidden. Means of 3 x 3 pixels are compared: fine texture differs
    from pixel to pixel even if it is moved correctly.

    Args:
        max_difference: Difference in grey levels, 0 to 255, up to which a point counts
            as the same.

    Source: Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016.
    """

    def __init__(self, max_difference: float = MAX_DIFFERENCE):
        self._max_difference = min(max_difference, 255.0)
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._flow.setFinestScale(1)
        self._flow.setPatchStride(_PATCH_STRIDE)
        self._image_size: tuple[int, int] | None = None
        self._last: tuple[np.ndarray, np.ndarray] | None = None

    def reset(self) -> None:
        """Forgets the frame before."""
        self._last = None

    def update(
        self, image: np.ndarray, grid_size: tuple[int, int]
    ) -> GridMotion | None:
        """The motion from the frame before to `image`.

        Args:
            image: uint8 RGB (height, width, 3), at least 16 pixels a side.
            grid_size: (height, width) of the grid to describe it on.

        Returns:
            None for the first frame, after `reset`, and when the size has changed.

        Raises:
            ValueError: If `image` is anything else.
        """
        size = check_image(image)
        grey = _small_grey(image)
        mean = cv2.blur(grey, (_WINDOW, _WINDOW))
        last = self._last if size == self._image_size else None
        self._image_size, self._last = size, (grey, mean)
        if last is None:
            return None
        last_grey, last_mean = last
        # From the current frame to the last; an array in place of None would be taken
        # as a first guess.
        flow = self._flow.calc(grey, last_grey, None)  # type: ignore[call-overload]
        moved = _remap(last_mean, flow, cv2.WARP_RELATIVE_MAP)
        difference = cv2.absdiff(mean, moved)
        _, known = cv2.threshold(
            difference, self._max_difference, 255, cv2.THRESH_BINARY_INV
        )
        return _on_grid(flow, known, size, grid_size)


def check_image(image: np.ndarray) -> tuple[int, int]:
    """Checks an image and returns its (height, width).

    Raises:
        ValueError: If it is not uint8 RGB (height, width, 3) of 16 pixels a side.
    """
    shape, dtype = np.shape(image), getattr(image, "dtype", None)
    if len(shape) != 3 or shape[-1] != 3 or dtype != np.uint8:
        raise ValueError(
            f"`image` must be uint8 RGB, (height, width, 3). Received: shape={shape}, "
            f"dtype={dtype}"
        )
    if min(shape[:2]) < _MIN_SIDE:
        raise ValueError(
            f"`image` must have at least {_MIN_SIDE} rows and columns, as optical flow "
            f"needs them. Received: shape={shape}"
        )
    return shape[:2]


def _remap(array, points, flags=0):
    """`array` at `points`, (column, row) in the last axis."""
    return cv2.remap(  # type: ignore[call-overload]
        array,
        points,
        None,
        cv2.INTER_LINEAR | flags,
        borderMode=cv2.BORDER_REPLICATE,
    )


def _small_grey(image):
    height, width = image.shape[:2]
    shrink = max(1, round(min(height, width) / _FLOW_SIDE))
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    if shrink == 1:
        return grey
    if shrink >= 4:  # half the size first: OpenCV has a fast path for that
        half = (width // 2, height // 2)
        grey = cv2.resize(grey, half, interpolation=cv2.INTER_AREA)
    size = max(width // shrink, _MIN_SIDE), max(height // shrink, _MIN_SIDE)
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA)


def _on_grid(flow, known, image_size, grid_size):
    """Flow of a small image, in its pixels, as motion on a grid."""
    (height, width), small_size = grid_size, known.shape
    # Grid points to a pixel of the small image, down and to the right.
    y_scale, x_scale = (
        (grid - 1) / max(full - 1, 1) * full / small
        for grid, full, small in zip(grid_size, image_size, small_size, strict=True)
    )
    scale = np.array((x_scale, y_scale, 0, 0))  # OpenCV's scalars have four numbers
    flow = cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR)
    known = cv2.resize(known, (width, height), interpolation=cv2.INTER_NEAREST)
    points = _grid_points(grid_size) + cv2.multiply(flow, scale)
    inside = cv2.inRange(points, np.zeros(2), np.array((width - 1.0, height - 1.0)))
    return GridMotion(points, cv2.bitwise_and(inside, known) > 0)


@lru_cache(maxsize=4)
def _grid_points(grid_size):
    """Column and row of every grid point: float32 (*grid_size, 2)."""
    rows, columns = np.indices(grid_size, np.float32)
    return np.dstack((columns, rows))
