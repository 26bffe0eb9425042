"""Label maps as pictures."""

from collections.abc import Sequence

import cv2
import numpy as np

from data.labels.encodings import IGNORE_LABEL


def colourise(
    labels: np.ndarray, palette: Sequence[tuple[int, int, int]]
) -> np.ndarray:
    """A picture of label maps in the colours of the classes, ignored pixels black.

    Args:
        labels: uint8 (...), class ids and 255.
        palette: RGB in 0..255 per class.

    Returns:
        uint8 RGB (..., 3).

    Raises:
        ValueError: If a label has no colour.
    """
    colours = np.zeros((256, 3), np.uint8)
    colours[: len(palette)] = palette
    wrong = (labels >= len(palette)) & (labels != IGNORE_LABEL)
    if wrong.any():
        raise ValueError(
            f"Every label must be below {len(palette)}, the size of the palette, or "
            f"{IGNORE_LABEL}. Received: {labels[wrong][0]}"
        )
    if labels.dtype == np.uint8 and labels.ndim == 2:  # 10 times as fast as NumPy
        return cv2.LUT(cv2.merge([labels] * 3), colours[np.newaxis])
    return colours[labels]


def overlay(
    image: np.ndarray,
    labels: np.ndarray,
    palette: Sequence[tuple[int, int, int]],
    alpha: float = 0.5,
) -> np.ndarray:
    """`image` mixed with the colours of its labels; ignored pixels do not change.

    Args:
        image: uint8 RGB (height, width, 3).
        labels: uint8 (height, width).
        palette: RGB in 0..255 per class.
        alpha: Weight of the colours, 0 shows the image alone and 1 the labels.

    Returns:
        uint8 RGB (height, width, 3).
    """
    mixed = cv2.addWeighted(image, 1 - alpha, colourise(labels, palette), alpha, 0)
    ignored = labels == IGNORE_LABEL
    if ignored.any():
        mixed[ignored] = image[ignored]
    return mixed
