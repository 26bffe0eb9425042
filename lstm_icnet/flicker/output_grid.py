"""The labels as a network with coarse outputs can draw them at best."""

import functools
import math

import numpy as np
from numpy.typing import ArrayLike

from lstm_icnet.flicker.label_maps import IGNORE_LABEL, as_class_ids

# ICNet's logits have a quarter of the image's height and width.
_GRID_STEP = 4


def through_output_grid(
    labels: ArrayLike,
    image_size: tuple[int, int] | None = None,
    ignore_label: int | None = IGNORE_LABEL,
) -> np.ndarray:
    """Labels reduced to the grid of a network's outputs and enlarged again.

    The errors and the flicker of the result are the floor for a network with this
    grid: what it cannot draw, however well it is trained.

    The grid has a quarter of the height and width of the network's input, rounded up.
    Its first and last points are the centres of the first and last pixels (aligned
    corners, as in ICNet). Each point has the share of every class in the area that is
    closer to it than to other points, along rows and columns; shares are interpolated
    bilinearly, and every pixel gets the class with the largest share.

    Args:
        labels: Integer array `(..., height, width)`.
        image_size: (height, width) of the network's input; the labels' own by default.
            A grid that is finer than the labels returns them as they are.
        ignore_label: A label that is no class, or `None`. Such pixels get a class, too,
            as a network gives them one: that of their surroundings, else 0.

    Returns:
        Array of the shape and dtype of `labels`.

    Raises:
        TypeError: If `labels` holds no integers.
        ValueError: If it has fewer than two axes.
    """
    (maps,) = as_class_ids(labels)
    if maps.ndim < 2:
        raise ValueError(
            f"Labels must be (..., height, width). Received: shape={maps.shape}"
        )
    size = maps.shape[-2:]
    grid = tuple(
        min(math.ceil(side / _GRID_STEP), length)
        for side, length in zip(image_size or size, size, strict=True)
    )
    frames = [
        _frame_through(frame, grid, ignore_label) for frame in maps.reshape(-1, *size)
    ]
    return np.reshape(frames, maps.shape).astype(maps.dtype)


def _frame_through(label, grid, ignore_label):
    drawn = np.zeros_like(label)
    largest = np.zeros(label.shape, np.float32)
    for class_id in np.unique(label):
        if class_id == ignore_label:
            continue
        share = (label == class_id).astype(np.float32)
        for axis in (0, 1):
            share = _weighted_sum(share, axis, *_areas(label.shape[axis], grid[axis]))
        for axis in (1, 0):
            points = _neighbours(grid[axis], label.shape[axis])
            share = _weighted_sum(share, axis, *points)
        np.copyto(drawn, class_id, where=share > largest)
        np.maximum(largest, share, out=largest)
    return drawn


def _weighted_sum(image, axis, indices, weights):
    """Every output line is a sum of input lines, `(outputs, terms)` of them."""
    total = 0
    for index, weight in zip(indices.T, weights.T, strict=True):
        weight = weight[:, np.newaxis] if axis == 0 else weight
        total = total + image.take(index, axis) * weight
    return total


@functools.lru_cache
def _areas(length, points):
    """Which pixels of `length` each grid point covers, and with which weights."""
    centres = np.linspace(0, length - 1, points)
    reach = (length - 1) / (points - 1) / 2 if points > 1 else length
    low, high = centres - reach, centres + reach
    low, high = np.maximum(low, -0.5), np.minimum(high, length - 0.5)
    first = np.floor(low + 0.5).astype(int)
    pixels = first[:, np.newaxis] + np.arange(math.ceil((high - low).max()) + 1)
    overlap = np.minimum(pixels + 0.5, high[:, np.newaxis]) - np.maximum(
        pixels - 0.5, low[:, np.newaxis]
    )
    weights = np.maximum(overlap, 0.0)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.minimum(pixels, length - 1), weights.astype(np.float32)


@functools.lru_cache
def _neighbours(points, length):
    """The two grid points around each of `length` pixels, and their weights."""
    position = np.linspace(0, points - 1, length)
    before = np.minimum(position.astype(int), max(points - 2, 0))
    share = position - before
    indices = np.stack([before, np.minimum(before + 1, points - 1)], axis=1)
    return indices, np.stack([1 - share, share], axis=1).astype(np.float32)
