"""Smooth random noise at several scales, for textures."""

import cv2
import numpy as np


def smooth_noise(
    rng: np.random.Generator, shape: tuple[int, int], cell: float, octaves: int = 3
) -> np.ndarray:
    """Draws tileable noise whose coarsest blobs are `cell` pixels wide.

    Args:
        rng: NumPy generator.
        shape: (height, width) in pixels.
        cell: Size of the coarsest blobs, pixels.
        octaves: Number of scales, each half as wide and half as strong as the last.

    Returns:
        Float32 `shape`, mean 0, standard deviation 1.
    """
    height, width = shape
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        scale = 2**octave / cell
        rows = max(2, round(height * scale))
        columns = max(2, round(width * scale))
        coarse = rng.standard_normal((rows, columns), dtype=np.float32)
        total += _enlarge(coarse, height, width) / 2**octave
    return (total - total.mean()) / (total.std() + 1e-6)


def _enlarge(coarse, height, width):
    # One wrapped pixel on every side makes the enlarged picture tileable.
    rows, columns = coarse.shape
    rim = cv2.copyMakeBorder(coarse, 1, 1, 1, 1, cv2.BORDER_WRAP)
    y = (np.arange(height, dtype=np.float32) + 0.5) * rows / height + 0.5
    x = (np.arange(width, dtype=np.float32) + 0.5) * columns / width + 0.5
    maps = np.empty((2, height, width), np.float32)
    maps[0], maps[1] = x, y[:, None]
    return cv2.remap(rim, maps[0], maps[1], cv2.INTER_LINEAR)


def lookup(tile: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Samples an endlessly repeated tile at texel coordinates `x`, `y`; bilinear."""
    height, width = tile.shape
    x = np.mod(x, width).astype(np.float32)
    y = np.mod(y, height).astype(np.float32)
    return cv2.remap(tile, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)


def for_rgb(weight: np.ndarray) -> np.ndarray:
    """Returns float32 `(h, w)` as `(h, w, 3)`; broadcasting it would be slower."""
    return cv2.cvtColor(np.asarray(weight, np.float32), cv2.COLOR_GRAY2RGB)
