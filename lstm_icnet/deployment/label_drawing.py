"""Label maps of any size from the logits of a network, in NumPy."""

from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np

_VALUES_AT_ONCE = 2**16  # of interpolated logits, so that they stay in the cache


def draw_labels(logits: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The class of the largest logit at every pixel of an image.

    The logits are enlarged bilinearly with aligned corners, as in the authors' code,
    before the largest is taken. A cell is the area between four neighbouring grid
    points. Where one class has the largest logit at all four, it also has the largest
    at every pixel of the cell, so logits are interpolated in the other cells only, and
    there only those of the classes that can win.

    Args:
        logits: Float array (grid height, grid width, classes), at most 256 classes.
        size: (height, width) of the image.

    Returns:
        uint8 (height, width), class ids.
    """
    grid_height, grid_width, num_classes = logits.shape
    rows, columns = _pixels_of(grid_height, size[0]), _pixels_of(grid_width, size[1])
    points = np.ascontiguousarray(logits, np.float32).reshape(-1, num_classes)
    planes = cv2.transpose(points)  # (classes, grid height * grid width)
    largest = _largest(planes).reshape(grid_height, grid_width)
    labels = largest.take(columns.cell, axis=1).take(rows.cell, axis=0)
    y, x = np.nonzero(_cells_of_several_classes(largest))
    heights, widths = rows.count[y], columns.count[x]
    for height, width in product(_present(rows.count), _present(columns.count)):
        some = np.flatnonzero((heights == height) & (widths == width))
        at_once = max(_VALUES_AT_ONCE // (height * width), 1)
        for start in range(0, len(some), at_once):
            cells = some[start : start + at_once]
            _draw_cells(labels, planes, rows, columns, y[cells], x[cells])
    return labels


def draw_probabilities(logits: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The class probabilities at every pixel of an image.

    Args:
        logits, size: See `draw_labels`, which gives the class of the largest.

    Returns:
        float32 (height, width, classes): the softmax of the enlarged logits.
    """
    rows, columns = (
        _pixels_of(len(logits), size[0]),
        _pixels_of(logits.shape[1], size[1]),
    )
    wide = _between(np.float32(logits), columns, axis=1)
    probabilities = np.empty((*size, logits.shape[-1]), np.float32)
    for number in range(size[0]):
        row = _between(wide, rows, axis=0, some=number)
        row -= row.max(axis=-1, keepdims=True)
        np.exp(row, out=row)
        np.divide(row, row.sum(axis=-1, keepdims=True), out=probabilities[number])
    return probabilities


def enlarge_labels(labels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A label map at another size, by nearest pixel: uint8 (height, width)."""
    height, width = size
    return cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)


def _present(counts):
    """The different numbers of pixels in a cell, without zero."""
    return np.flatnonzero(np.bincount(counts)[1:]) + 1


@dataclass(frozen=True)
class _Pixels:
    """The pixels along one axis of an image, and the cells of the grid over it.

    Attributes:
        cell: Of every pixel, the grid point before it.
        share: Of every pixel, its distance from that point, in cells.
        first: Of every cell, its first pixel.
        count: Of every cell, how many pixels are in it.
    """

    cell: np.ndarray
    share: np.ndarray
    first: np.ndarray
    count: np.ndarray


def _pixels_of(length, target):
    # In float32, as TensorFlow's kernel computes them.
    step = np.float32(length - 1) / np.float32(max(target - 1, 1))
    position = np.arange(target, dtype=np.float32) * step
    cell = np.minimum(position.astype(np.intp), length - 1)
    count = np.bincount(cell, minlength=length)
    first = np.cumsum(count) - count
    return _Pixels(cell, position - cell.astype(np.float32), first, count)


def _between(logits, pixels, axis, some=slice(None)):
    """Logits at some pixels along an axis, between those of the grid."""
    before = pixels.cell[some]
    after = np.minimum(before + 1, len(pixels.count) - 1)
    start, mixed = logits.take(before, axis), logits.take(after, axis)
    mixed -= start
    mixed *= pixels.share[some] if axis == 0 else pixels.share[some, np.newaxis]
    mixed += start
    return mixed


def _largest(planes):
    """The class of the largest value: uint8 (points,) of (classes, points)."""
    value, label = planes[0].copy(), np.zeros(planes.shape[1], np.uint8)
    for number, plane in enumerate(planes[1:], start=1):
        wins = (plane > value).view(np.uint8)
        np.maximum(value, plane, out=value)
        wins *= np.uint8(number)
        np.maximum(label, wins, out=label)
    return label


def _cells_of_several_classes(largest):
    """Where the class differs between a grid point and those right of and below it."""
    padded = np.pad(largest, ((0, 1), (0, 1)), mode="edge")
    return (
        (padded[1:, :-1] != largest)
        | (padded[:-1, 1:] != largest)
        | (padded[1:, 1:] != largest)
    )


def _draw_cells(labels, planes, rows, columns, y, x):
    """Draws cells that all have the same number of pixels.

    Args:
        labels: uint8 (height, width), written to.
        planes: The logits, float32 (classes, grid height * grid width).
        rows, columns: The `_Pixels` of both axes.
        y, x: Indices of the cells.
    """
    corners = _corners(rows, columns, y, x)  # (4, cells)
    candidates = _candidates(planes, corners)  # (cells, classes)
    number = np.count_nonzero(candidates, axis=1)
    order = np.argsort(-number, kind="stable")
    order = order[: np.count_nonzero(number)]
    number, corners, y, x = number[order], corners[:, order], y[order], x[order]
    _, classes = np.nonzero(candidates[order])
    start = np.cumsum(number) - number
    row = rows.first[y] + np.arange(rows.count[y[0]])[:, np.newaxis]
    column = columns.first[x] + np.arange(columns.count[x[0]])[:, np.newaxis]
    row_share, column_share = rows.share[row][:, np.newaxis], columns.share[column]
    value = np.empty((len(row), len(column), len(order)), np.float32)
    rank = np.zeros(value.shape, np.uint8)
    for place in range(number[0]):
        some = slice(np.count_nonzero(number > place))
        index = classes[start[some] + place] * planes.shape[1] + corners[:, some]
        found = _interpolated(
            planes.ravel().take(index), row_share[..., some], column_share[..., some]
        )
        if not place:
            value[..., some] = found
            continue
        wins = (found > value[..., some]).view(np.uint8)
        np.maximum(value[..., some], found, out=value[..., some])
        wins *= np.uint8(place)
        np.maximum(rank[..., some], wins, out=rank[..., some])
    pixels = row[:, np.newaxis] * labels.shape[1] + column
    labels.reshape(-1)[pixels] = classes.astype(np.uint8).take(start + rank)


def _corners(rows, columns, y, x):
    width = len(columns.count)
    below = np.minimum(y + 1, len(rows.count) - 1) * width
    right, above = np.minimum(x + 1, width - 1), y * width
    return np.stack([above + x, above + right, below + x, below + right])


def _candidates(planes, corners):
    """Which classes can have the largest logit in a cell: bool (cells, classes).

    Those whose largest value at a corner is at least the largest of all classes'
    smallest values.
    """
    values = planes.take(corners, axis=1)  # (classes, 4, cells)
    least = values.min(axis=1).max(axis=0)
    return np.ascontiguousarray((values.max(axis=1) >= least).T)


def _interpolated(corners, row_share, column_share):
    """Bilinear values in cells: (rows, columns, cells) of (4, cells)."""
    above_left, above_right, below_left, below_right = corners
    above = above_left + (above_right - above_left) * column_share
    below = below_left + (below_right - below_left) * column_share
    values = (below - above) * row_share
    values += above
    return values
