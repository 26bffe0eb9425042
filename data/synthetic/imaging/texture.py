"""The pictures on panels, stored at several sizes (mip maps)."""

import math
from collections.abc import Sequence

import cv2
import numpy as np

Colour = Sequence[float] | np.ndarray  # RGB in [0, 255]


class Texture:
    """A picture with transparency and smaller copies of it, each half as large.

    Args:
        picture: `(height, width, 4)` array, RGB and alpha in [0, 255]. Pixels
            with alpha below 128 have the label of what is behind them.
    """

    def __init__(self, picture: np.ndarray):
        picture = np.clip(picture, 0, 255).astype(np.float32)
        picture[..., 3] /= 255
        # Premultiplied: averages do not contain the colour of transparent parts.
        picture[..., :3] *= picture[..., 3:]
        self.levels = [picture]
        while min(picture.shape[:2]) > 1:
            height, width = picture.shape[:2]
            half = ((width + 1) // 2, (height + 1) // 2)
            picture = cv2.resize(picture, half, interpolation=cv2.INTER_AREA)
            self.levels.append(picture)

    def at_area(self, pixels: float) -> np.ndarray:
        """Returns the copy with about `pixels` pixels, float32 premultiplied RGBA."""
        height, width = self.levels[0].shape[:2]
        halvings = 0.5 * math.log2(max(height * width / pixels, 1.0))
        return self.levels[min(int(halvings + 0.25), len(self.levels) - 1)]

    def mirrored(self) -> "Texture":
        """Returns the same picture with left and right swapped."""
        mirror = object.__new__(Texture)
        mirror.levels = [np.ascontiguousarray(level[:, ::-1]) for level in self.levels]
        return mirror


def plain(colour: Colour | float, height: int, width: int) -> np.ndarray:
    """Returns an opaque `(height, width, 4)` picture of one colour or grey, float32."""
    picture = np.full((height, width, 4), 255, np.float32)
    picture[..., :3] = colour
    return picture


def opaque(colour: Colour) -> tuple[float, float, float, float]:
    """Returns a colour with alpha 255, in the form of OpenCV's drawing functions."""
    red, green, blue = (float(channel) for channel in colour)
    return red, green, blue, 255.0
