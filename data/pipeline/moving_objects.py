"""Objects that are cut out of one still and move across another."""

from dataclasses import dataclass

import cv2
import numpy as np

from data.labels.encodings import IGNORE_LABEL

# Of the still: a class that covers more is no rare one, and an object that covers less
# is a few pixels.
_LARGEST_CLASS = 0.05
_SMALLEST_OBJECT = 2e-4
# Of its rectangle: what covers less is a winding strip of ground rather than a thing.
_SMALLEST_FILL = 0.35
_SPEED = 0.01  # image widths per frame, standard deviation


@dataclass(frozen=True)
class Layer:
    """A part of the picture that moves as one.

    Attributes:
        image: uint8 RGB (height, width, 3).
        label: uint8 (height, width).
        mask: uint8 (height, width), 1 where the layer is; `None` where it is
            everywhere.
        transforms: Float array (num_frames, 3, 3), from the pixels of each frame to
            those of `image`.
    """

    image: np.ndarray
    label: np.ndarray
    mask: np.ndarray | None
    transforms: np.ndarray


def cut_object(
    image: np.ndarray, label: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """One object of a rare class: a connected part of a class with few pixels.

    A class is rare if it covers less than a twentieth of the still. The rare classes of
    the still are equally likely, and so are the objects of a class.

    Args:
        image: uint8 RGB (height, width, 3).
        label: uint8 (height, width), 255 ignored.
        rng: Where the object is drawn from.

    Returns:
        Image, label and mask of the object's rectangle, or `None` if the still has no
        such object.
    """
    counts = np.bincount(label.ravel(), minlength=256)[:IGNORE_LABEL]
    least = _SMALLEST_OBJECT * label.size
    rare = np.flatnonzero((counts >= least) & (counts < _LARGEST_CLASS * label.size))
    if not rare.size:
        return None
    mask = (label == rng.choice(rare)).astype(np.uint8)
    _, parts, stats, _ = cv2.connectedComponentsWithStats(mask)
    whole = np.flatnonzero(_are_whole(stats, label.shape, least))
    if not whole.size:
        return None
    chosen = int(rng.choice(whole))
    x, y, width, height = stats[chosen, :4]
    box = slice(y, y + height), slice(x, x + width)
    return image[box], label[box], (parts[box] == chosen).astype(np.uint8)


def _are_whole(stats, size, least):
    """Which parts are neither cut off by the border nor thin, winding or tiny."""
    x, y, width, height, area = stats.T
    inside = (x > 0) & (y > 0) & (x + width < size[1]) & (y + height < size[0])
    whole = inside & (area >= least) & (area >= _SMALLEST_FILL * width * height)
    whole[0] = False  # what is not of the class
    return whole


def moving_object(
    cut: tuple[np.ndarray, np.ndarray, np.ndarray],
    path: np.ndarray,
    size: tuple[int, int],
    scale: tuple[float, float],
    rng: np.random.Generator,
) -> Layer:
    """The layer of an object that moves straight on while the camera moves.

    Args:
        cut: From `cut_object`.
        path: From `camera_path`.
        size: (height, width) of the frames.
        scale: Pixels of the still for a pixel of the first frame, along x and y.
        rng: Where size, place and speed are drawn from.
    """
    image, label, mask = cut
    height, width = size
    place = rng.uniform((0.0, 0.3 * height), (width, 0.9 * height))
    speed = rng.normal(0, _SPEED * width, 2) * (1.0, 0.3)
    scale_x, scale_y = np.array(scale) * rng.uniform(0.7, 1.4)
    middle_y, middle_x = (np.array(mask.shape) - 1) / 2
    transforms = np.empty_like(path)
    for t, to_first in enumerate(path):
        x, y = place + t * speed
        to_object = np.array(
            [
                [scale_x, 0, middle_x - scale_x * x],
                [0, scale_y, middle_y - scale_y * y],
                [0, 0, 1],
            ]
        )
        transforms[t] = to_object @ to_first
    return Layer(image, label, mask, transforms)
