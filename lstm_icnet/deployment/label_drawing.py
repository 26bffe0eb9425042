"""Label maps of any size from the logits of a network, compiled by Numba."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numba
import numpy as np
from numba.extending import register_jitable


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
        uint8 (height, width), class ids; the first of classes that are equal.
    """
    rows, columns = (
        _pixels_of(length, target)
        for length, target in zip(logits.shape[:2], size, strict=True)
    )
    points = np.ascontiguousarray(logits, np.float32)
    labels = np.empty(size, np.uint8)
    draw = _compiled_draw()
    draw(labels, points, rows.first, rows.share, columns.first, columns.share)
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
        first: Of every cell, its first pixel; at the end, the number of pixels.
    """

    cell: np.ndarray
    share: np.ndarray
    first: np.ndarray


@lru_cache(maxsize=64)  # all frames of a video have one size
def _pixels_of(length, target):
    # In float32, as TensorFlow's kernel computes them.
    step = np.float32(length - 1) / np.float32(max(target - 1, 1))
    position = np.arange(target, dtype=np.float32) * step
    cell = np.minimum(position.astype(np.intp), length - 1)
    first = np.searchsorted(cell, np.arange(length + 1))
    return _Pixels(cell, position - cell.astype(np.float32), first)


def _between(logits, pixels, axis, some=slice(None)):
    """Logits at some pixels along an axis, between those of the grid."""
    before = pixels.cell[some]
    after = np.minimum(before + 1, logits.shape[axis] - 1)
    start, mixed = logits.take(before, axis), logits.take(after, axis)
    mixed -= start
    mixed *= pixels.share[some] if axis == 0 else pixels.share[some, np.newaxis]
    mixed += start
    return mixed


@lru_cache(maxsize=1)
def _compiled_draw():
    """`_draw` as machine code, which is kept for the next process where it can be."""
    try:
        return _compiled(cache=True)
    except (OSError, RuntimeError):  # no folder for it, or the disk is full
        return _compiled(cache=False)


def _compiled(cache):
    """`_draw` compiled for its types, those of read-only arrays included."""
    read, written = numba.types.Array, numba.types.uint8[:, ::1]
    points = read(numba.float32, 3, "C", readonly=True)
    first = read(numba.intp, 1, "C", readonly=True)
    share = read(numba.float32, 1, "C", readonly=True)
    signature = numba.void(written, points, first, share, first, share)
    return numba.njit(signature, nogil=True, cache=cache)(_draw)


def _draw(labels, points, row_first, row_share, column_first, column_share):
    """Draws the class of every pixel.

    Args:
        labels: uint8 (height, width), written to.
        points: The logits, float32 (grid height, grid width, classes).
        row_first, row_share, column_first, column_share: `first` and `share` of the
            `_Pixels` of both axes.
    """
    height, width, num_classes = points.shape
    largest = _largest(points)
    candidates = np.empty(num_classes, np.intp)
    for y in range(height):
        top, bottom = row_first[y], row_first[y + 1]
        below = min(y + 1, height - 1)
        for x in range(width):
            left, end = column_first[x], column_first[x + 1]
            right = min(x + 1, width - 1)
            kind = largest[y, x]
            if (
                largest[y, right] == kind
                and largest[below, x] == kind
                and largest[below, right] == kind
            ):
                for row in range(top, bottom):
                    for column in range(left, end):
                        labels[row, column] = kind
                continue
            a, b = points[y, x], points[y, right]
            c, d = points[below, x], points[below, right]
            number = _write_candidates(candidates, a, b, c, d)
            for column in range(left, end):
                share = column_share[column]
                for row in range(top, bottom):
                    best, value = 0, np.float32(-np.inf)
                    for place in range(number):
                        kind = candidates[place]
                        above = a[kind] + (b[kind] - a[kind]) * share
                        under = c[kind] + (d[kind] - c[kind]) * share
                        here = (under - above) * row_share[row] + above
                        if here > value:
                            best, value = kind, here
                    labels[row, column] = best


@register_jitable
def _largest(points):
    """The class of the largest logit at every grid point.

    Args:
        points: float32 (grid height, grid width, classes).

    Returns:
        uint8 (grid height, grid width).
    """
    height, width, num_classes = points.shape
    largest = np.empty((height, width), np.uint8)
    for y in range(height):
        for x in range(width):
            best, value = 0, points[y, x, 0]
            for kind in range(1, num_classes):  # without a branch, which is faster
                wins = points[y, x, kind] > value
                best = kind if wins else best
                value = points[y, x, kind] if wins else value
            largest[y, x] = best
    return largest


@register_jitable
def _write_candidates(candidates, a, b, c, d):
    """Writes which classes can have the largest logit in a cell, in ascending order.

    Those whose largest value at a corner is at least the largest of all classes'
    smallest values.

    Args:
        candidates: int (classes,), written to.
        a, b, c, d: float32 (classes,), the logits at the four corners.

    Returns:
        How many there are.
    """
    least = np.float32(-np.inf)
    for kind in range(len(candidates)):
        smallest = a[kind] if a[kind] < b[kind] else b[kind]
        smallest = c[kind] if c[kind] < smallest else smallest
        smallest = d[kind] if d[kind] < smallest else smallest
        least = smallest if smallest > least else least
    number = 0
    for kind in range(len(candidates)):
        candidates[number] = kind  # and is overwritten if it is none
        number += (
            (a[kind] >= least)
            | (b[kind] >= least)
            | (c[kind] >= least)
            | (d[kind] >= least)
        )
    return number
