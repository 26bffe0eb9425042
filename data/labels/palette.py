"""Label maps as pictures."""

from collections.abc import Sequence

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
    picture = colours[labels]
    allowed = np.zeros(256, bool)
    allowed[: len(palette)] = allowed[IGNORE_LABEL] = True
    if not allowed[labels].all():
        raise ValueError(
            f"Every label must be below {len(palette)}, the size of the palette, or "
            f"{IGNORE_LABEL}. Received: {labels[~allowed[labels]][0]}"
        )
    return picture


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
    weight = np.where(labels == IGNORE_LABEL, 0.0, alpha)[..., np.newaxis]
    mixed = image * (1 - weight) + colourise(labels, palette) * weight
    return np.rint(mixed).astype(np.uint8)
