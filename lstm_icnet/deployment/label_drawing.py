"""Label maps of any size from the logits of a network, in NumPy."""

import cv2
import numpy as np

_PIXELS_AT_ONCE = 2**13  # so that their logits stay in the processor's cache


def draw_labels(logits: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The class of the largest logit at every pixel of an image.

    The logits are enlarged bilinearly with aligned corners, as in the authors' code,
    before the largest is taken. Where one class has the largest logit at all four grid
    points around a pixel, it also has the largest at the pixel, so only the other
    pixels are interpolated.

    Args:
        logits: Float array (grid height, grid width, classes), at most 256 classes.
        size: (height, width) of the image.

    Returns:
        uint8 (height, width), class ids.
    """
    grid_height, grid_width, num_classes = logits.shape
    top, row_share = _positions(grid_height, size[0])
    left, column_share = _positions(grid_width, size[1])
    below = np.minimum(top + 1, grid_height - 1) * grid_width
    above = top * grid_width
    right = np.minimum(left + 1, grid_width - 1)
    largest = logits.argmax(axis=-1).astype(np.uint8)
    labels = largest.take(top, axis=0).take(left, axis=1)
    of_several_classes = _cells_of_several_classes(largest)
    pixels = np.flatnonzero(of_several_classes.take(top, axis=0).take(left, axis=1))
    points = np.ascontiguousarray(logits, np.float32).reshape(-1, num_classes)
    for start in range(0, len(pixels), _PIXELS_AT_ONCE):
        some = pixels[start : start + _PIXELS_AT_ONCE]
        y, x = np.divmod(some, size[1])
        share = column_share[x, np.newaxis]
        upper = _mixed(points, above[y] + left[x], above[y] + right[x], share)
        lower = _mixed(points, below[y] + left[x], below[y] + right[x], share)
        lower -= upper
        lower *= row_share[y, np.newaxis]
        lower += upper
        labels.reshape(-1)[some] = lower.argmax(axis=-1)
    return labels


def enlarge_labels(labels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A label map at another size, by nearest pixel: uint8 (height, width)."""
    height, width = size
    return cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)


def _positions(length, target):
    """The grid point before every pixel, and the distance of the pixel from it."""
    # In float32, as TensorFlow's kernel computes them.
    step = np.float32(length - 1) / np.float32(max(target - 1, 1))
    position = np.arange(target, dtype=np.float32) * step
    before = np.minimum(position.astype(np.intp), length - 1)
    return before, position - before.astype(np.float32)


def _cells_of_several_classes(largest):
    """Where the class differs between a grid point and those right of and below it."""
    padded = np.pad(largest, ((0, 1), (0, 1)), mode="edge")
    return (
        (padded[1:, :-1] != largest)
        | (padded[:-1, 1:] != largest)
        | (padded[1:, 1:] != largest)
    )


def _mixed(points, before, after, share):
    """The points `before` and `after`, mixed."""
    start, mixed = points.take(before, axis=0), points.take(after, axis=0)
    mixed -= start
    mixed *= share
    mixed += start
    return mixed
