"""Labels at the best quality that a network with coarse outputs can reach."""

import functools
import math

import numpy as np
from numpy.typing import ArrayLike

from lstm_icnet.flicker.label_maps import IGNORE_LABEL, as_class_ids

# ICNet's logits have a quarter of the image's height and width.
_GRID_STEP = 4
_CHUNK = 1 << 16  # pixels that are interpolated at once


def through_output_grid(
    labels: ArrayLike,
    image_size: tuple[int, int] | None = None,
    ignore_label: int | None = IGNORE_LABEL,
) -> np.ndarray:
    """Labels reduced to the grid of a network's outputs and enlarged again.

    The errors and the flicker of the result are the floor for a network with this grid:
    it cannot avoid them, however well it is trained.

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
    return np.reshape(frames, maps.shape).astype(maps.dtype, copy=False)


def _frame_through(label, grid, ignore_label):
    ids, indices = _as_indices(label, ignore_label)
    shares = _shares(indices, grid, len(ids))
    return np.append(ids, 0).astype(label.dtype)[_largest(shares, label.shape)]


def _as_indices(label, ignore_label):
    """The ids that occur, sorted, and for each pixel its place among them.

    Pixels to ignore have the place behind the last one.
    """
    if label.dtype == np.uint8:
        ids = np.flatnonzero(np.bincount(label.ravel(), minlength=256))
        kept = ids[ids != ignore_label]
        places = np.zeros(256, np.min_scalar_type(len(kept)))
        places[kept] = np.arange(len(kept))
        if ignore_label is not None and ignore_label < 256:
            places[ignore_label] = len(kept)
        return kept, places[label]
    ids, indices = np.unique(label, return_inverse=True)
    kept = ids[ids != ignore_label]
    places = np.where(ids == ignore_label, len(kept), np.searchsorted(kept, ids))
    return kept, places[indices.reshape(label.shape)]


def _shares(indices, grid, num_ids):
    """Float32 `(*grid, num_ids)`: which share of a point's area belongs to each id.

    Most areas are of one id; only the others are summed up pixel by pixel.
    """
    (rows, row_weights), (columns, column_weights) = (
        _areas(length, points)
        for length, points in zip(indices.shape, grid, strict=True)
    )
    lowest, highest = (
        _extreme_of_areas(extreme, indices, rows, columns)
        for extreme in (np.min, np.max)
    )
    shares = np.zeros((*grid, num_ids + 1), np.float32)
    np.put_along_axis(shares, lowest[..., np.newaxis].astype(int), 1.0, axis=-1)
    y, x = np.nonzero(lowest != highest)
    shares[y, x] = 0.0
    for i in range(rows.shape[1]):
        for j in range(columns.shape[1]):
            found = indices[rows[y, i], columns[x, j]]
            shares[y, x, found] += row_weights[y, i] * column_weights[x, j]
    return shares[..., :-1]


def _extreme_of_areas(extreme, indices, rows, columns):
    by_rows = extreme([indices.take(row, 0) for row in rows.T], axis=0)
    return extreme([by_rows.take(column, 1) for column in columns.T], axis=0)


def _largest(shares, size):
    """Where the interpolated share is the largest, `num_ids` where all are zero.

    Where the four points around a pixel have the same largest share, so has the pixel;
    only the others are interpolated.
    """
    num_ids = shares.shape[-1]
    if not num_ids:
        return np.zeros(size, int)
    at_points = np.where(shares.any(axis=-1), shares.argmax(axis=-1), num_ids)
    (rows, row_weights), (columns, column_weights) = (
        _neighbours(points, length)
        for points, length in zip(shares.shape, size, strict=False)
    )
    padded = np.pad(at_points, ((0, 1), (0, 1)), mode="edge")
    neighbours = padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]
    mixed = np.any([at_points != other for other in neighbours], axis=0)
    largest, mixed_pixels = (
        values.take(rows[:, 0], 0).take(columns[:, 0], 1)
        for values in (at_points, mixed)
    )
    pixels = np.flatnonzero(mixed_pixels)
    for start in range(0, len(pixels), _CHUNK):
        chunk = pixels[start : start + _CHUNK]
        y, x = np.divmod(chunk, size[1])
        total = sum(
            (row_weights[y, i] * column_weights[x, j])[:, np.newaxis]
            * shares[rows[y, i], columns[x, j]]
            for i in range(2)
            for j in range(2)
        )
        found = np.where(total.any(axis=-1), total.argmax(axis=-1), num_ids)
        largest[y, x] = found
    return largest


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
