"""Label maps of any size from the logits of a network, in NumPy."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

_AT_ONCE = 2**16  # pixels in cells, so that their logits stay in the cache


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
    largest = points.argmax(axis=-1).astype(np.uint8).reshape(grid_height, grid_width)
    labels = largest.take(columns.cell, axis=1).take(rows.cell, axis=0)
    several = np.nonzero(_cells_of_several_classes(largest))
    for cells in _parts(rows, columns, *several):
        _draw_cells(labels, points, rows, columns, *cells)
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


@dataclass(frozen=True)
class _Pixels:
    """The pixels along one axis of an image, and the cells of the grid over it.

    Attributes:
        cell: Of every pixel, the grid point before it.
        share: Of every pixel, its distance from that point, in cells.
        count: Of every cell, how many pixels are in it.
        pixel: Of every cell, its pixels: int (most, cells), the last one several times.
        place: Of every cell, the shares of these pixels: float32 (most, cells).
        least, most: Smallest and largest `count`.
    """

    cell: np.ndarray
    share: np.ndarray
    count: np.ndarray
    pixel: np.ndarray
    place: np.ndarray
    least: int
    most: int


@lru_cache(maxsize=64)  # all frames of a video have one size
def _pixels_of(length, target):
    # In float32, as TensorFlow's kernel computes them.
    step = np.float32(length - 1) / np.float32(max(target - 1, 1))
    position = np.arange(target, dtype=np.float32) * step
    cell = np.minimum(position.astype(np.intp), length - 1)
    count = np.bincount(cell, minlength=length)
    first = np.cumsum(count) - count
    share = position - cell.astype(np.float32)
    number = np.arange(count.max())[:, np.newaxis]
    pixel = np.minimum(first + np.minimum(number, np.maximum(count, 1) - 1), target - 1)
    return _Pixels(cell, share, count, pixel, share[pixel], count.min(), count.max())


def _between(logits, pixels, axis, some=slice(None)):
    """Logits at some pixels along an axis, between those of the grid."""
    before = pixels.cell[some]
    after = np.minimum(before + 1, len(pixels.count) - 1)
    start, mixed = logits.take(before, axis), logits.take(after, axis)
    mixed -= start
    mixed *= pixels.share[some] if axis == 0 else pixels.share[some, np.newaxis]
    mixed += start
    return mixed


def _cells_of_several_classes(largest):
    """Where the class differs between a grid point and those right of and below it."""
    several = np.zeros(largest.shape, bool)
    np.not_equal(largest[:, 1:], largest[:, :-1], out=several[:, :-1])
    several[:-1] |= largest[1:] != largest[:-1]
    several[:-1, :-1] |= largest[1:, 1:] != largest[:-1, :-1]
    return several


def _parts(rows, columns, y, x):
    """Yields (y, x) of the cells to draw together.

    Cells are drawn as if each had as many pixels as the largest of its part, the last
    row and column several times. Where there are many, most of them have the same
    number of pixels and are in other parts than the rest.
    """
    if not len(y):
        return
    if rows.least and columns.least and len(y) * rows.most * columns.most <= _AT_ONCE:
        yield y, x  # small images, without the calls below
        return
    heights, widths = rows.count[y], columns.count[x]
    drawn = (heights > 0) & (widths > 0)
    groups = [drawn]
    if np.count_nonzero(drawn) * rows.most * columns.most > _AT_ONCE:
        usual = (heights == _usual(rows.count)) & (widths == _usual(columns.count))
        groups = [usual, drawn & ~usual]
    for group in groups:
        some = np.flatnonzero(group)
        if len(some):
            pixels = len(some) * heights[some].max() * widths[some].max()
            for cells in np.array_split(some, -(-pixels // _AT_ONCE)):
                yield y[cells], x[cells]


def _usual(counts):
    """The most frequent number of pixels in a cell, apart from zero."""
    return np.bincount(counts)[1:].argmax() + 1


def _draw_cells(labels, points, rows, columns, y, x):
    """Draws some cells.

    Args:
        labels: uint8 (height, width), written to.
        points: The logits, float32 (grid height * grid width, classes).
        rows, columns: The `_Pixels` of both axes.
        y, x: Indices of the cells.
    """
    corners = _corners(rows, columns, y, x)  # (4, cells)
    order, places, cell, kind = _candidates(points, corners)
    if not len(order):
        return
    y, x = y[order], x[order]
    height, width = rows.count[y].max(), columns.count[x].max()
    index = corners.take(order.take(cell), axis=1) * points.shape[1] + kind
    found = _interpolated(
        points.ravel().take(index),
        rows.place[:height].take(y.take(cell), axis=1)[:, np.newaxis],
        columns.place[:width].take(x.take(cell), axis=1),
    )  # (rows, columns, candidates)
    kind = kind.astype(np.uint8)
    value = found[..., : places[0]]
    label = np.empty(value.shape, np.uint8)
    label[:] = kind[: places[0]]
    start = places[0]
    for number in places[1:]:
        some = slice(start, start + number)
        start += number
        wins = (found[..., some] > value[..., :number]).view(np.uint8)
        np.maximum(value[..., :number], found[..., some], out=value[..., :number])
        wins *= kind[some]  # larger than the classes before
        np.maximum(label[..., :number], wins, out=label[..., :number])
    row = rows.pixel[:height].take(y, axis=1)[:, np.newaxis] * labels.shape[1]
    labels.reshape(-1)[row + columns.pixel[:width].take(x, axis=1)] = label


def _corners(rows, columns, y, x):
    width = len(columns.count)
    below = np.minimum(y + 1, len(rows.count) - 1) * width
    right, above = np.minimum(x + 1, width - 1), y * width
    return np.stack([above + x, above + right, below + x, below + right])


def _candidates(points, corners):
    """Which classes can have the largest logit in a cell.

    Those whose largest value at a corner is at least the largest of all classes'
    smallest values.

    Returns:
        `(order, places, cell, kind)`: the cells that have candidates, those with most
        of them first; how many of these have at least one, two, ... candidates; and of
        the first candidates of all cells, then of all second ones, and so on: the
        position of the cell in `order` and the class, in ascending order for each cell.
    """
    values = points.take(corners, axis=0)  # (4, cells, classes)
    # Transposed, as NumPy is slow along a short last axis.
    least = cv2.transpose(values.min(axis=0)).max(axis=0)
    candidates = values.max(axis=0) >= least[:, np.newaxis]
    number = cv2.transpose(candidates.view(np.uint8)).sum(axis=0, dtype=np.uint16)
    order = np.argsort(number.max() - number, kind="stable")
    order = order[: np.count_nonzero(number)]
    number = number[order].astype(np.intp)
    cell = np.repeat(np.arange(len(order)), number)
    kind = np.flatnonzero(candidates.take(order, axis=0))
    kind -= cell * points.shape[1]
    place = np.arange(len(cell)) - np.repeat(np.cumsum(number) - number, number)
    by_place = np.argsort(place.astype(np.uint16), kind="stable")
    return order, np.bincount(place), cell.take(by_place), kind.take(by_place)


def _interpolated(corners, row_share, column_share):
    """Bilinear values in cells: (rows, columns, cells) of (4, cells)."""
    above_left, above_right, below_left, below_right = corners
    above = above_left + (above_right - above_left) * column_share
    below = below_left + (below_right - below_left) * column_share
    values = (below - above) * row_share
    values += above
    return values
