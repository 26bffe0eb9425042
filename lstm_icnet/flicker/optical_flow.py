"""Optical flow between frames: estimated, and used to warp frames."""

from collections.abc import Sequence

import numpy as np

# Below this height or width in pixels, OpenCV's DIS fails or crashes the process.
MIN_FLOW_SIDE = 16


def warp(frame: np.ndarray, flow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Warps a frame back to the time of the frame before, by nearest neighbour.

    Args:
        frame: Array `(height, width, ...)`.
        flow: Float array `(height, width, 2)`, from the frame before to `frame`, in
            pixels to the right and down.

    Returns:
        `(warped, valid)`: an array like `frame`, zero where there is no source, and a
        bool array `(height, width)`, false there.
    """
    height, width = flow.shape[:2]
    with np.errstate(invalid="ignore"):
        # Only the flow is rounded: the rounded sum would depend on the precision.
        x = np.arange(width) + np.rint(flow[..., 0])
        y = np.arange(height)[:, np.newaxis] + np.rint(flow[..., 1])
        # False for NaN too.
        valid = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    warped = np.zeros_like(frame)
    warped[valid] = frame[y[valid].astype(np.intp), x[valid].astype(np.intp)]
    return warped, valid


def dense_flow(images: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
    """Optical flow between consecutive frames, by OpenCV's DIS at medium quality.

    Args:
        images: uint8 RGB array `(time, height, width, 3)`, or a list of frames; height
            and width at least `MIN_FLOW_SIDE`.

    Returns:
        float32 array `(time - 1, height, width, 2)`, for `TemporalConsistency.update`.

    Raises:
        ValueError: If the images are smaller.

    Source: Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016.
    """
    import cv2

    # OpenCV's own type hints lack this name.
    create = getattr(cv2, "DISOpticalFlow_create")  # noqa: B009
    estimator = create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in images]
    height, width = grey[0].shape
    if min(height, width) < MIN_FLOW_SIDE:
        raise ValueError(
            f"Images must have at least {MIN_FLOW_SIDE} rows and columns. "
            f"Received: {height}x{width} (height x width)"
        )
    flow = np.empty((len(grey) - 1, height, width, 2), np.float32)
    for t in range(1, len(grey)):
        flow[t - 1] = estimator.calc(grey[t - 1], grey[t], None)
    return flow
