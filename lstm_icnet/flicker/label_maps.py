"""Checks of the label maps that the metrics get: integer class ids, in videos."""

import numpy as np
from numpy.typing import ArrayLike

IGNORE_LABEL = 255


def as_class_ids(*maps: ArrayLike) -> list[np.ndarray]:
    """Arrays of integers of one shape, as NumPy arrays.

    Raises:
        TypeError: If one holds no integers.
        ValueError: If the shapes differ.
    """
    arrays = [np.asarray(a) for a in maps]
    for array in arrays:
        if array.dtype.kind not in "iu":
            raise TypeError(
                "Label maps must hold integer class ids. "
                f"Received: dtype={array.dtype.name}"
            )
    shapes = [array.shape for array in arrays]
    if len(set(shapes)) > 1:
        raise ValueError(
            f"Labels and predictions must have one shape. Received: shapes={shapes}"
        )
    return arrays


def as_videos(*maps: ArrayLike) -> list[np.ndarray]:
    """As `as_class_ids`, and every array becomes `(batch, time, height, width)`.

    A window `(time, height, width)` becomes a batch of one.

    Raises:
        TypeError, ValueError: As `as_class_ids`.
        ValueError: If the arrays have another number of axes.
    """
    arrays = as_class_ids(*maps)
    shape = arrays[0].shape
    if len(shape) not in (3, 4):
        raise ValueError(
            "A window must be (time, height, width) or (batch, time, height, width). "
            f"Received: shape={shape}"
        )
    return arrays if len(shape) == 4 else [array[np.newaxis] for array in arrays]
