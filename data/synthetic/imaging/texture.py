"""A picture that panels wear, kept at several sizes for seeing it from afar."""

import math

import cv2
import numpy as np


class Texture:
    """A picture with transparency, halved again and again (a mip map).

    Args:
        picture: `(height, width, 4)` array, RGB and alpha in [0, 255]. Alpha below 128
            is seen through and belongs to what lies behind.
    """

    def __init__(self, picture):
        picture = np.clip(picture, 0, 255).astype(np.float32)
        picture[..., 3] /= 255
        # Premultiplied: averages never take in the colour of see-through parts.
        picture[..., :3] *= picture[..., 3:]
        self.levels = [picture]
        while min(picture.shape[:2]) > 1:
            height, width = picture.shape[:2]
            half = ((width + 1) // 2, (height + 1) // 2)
            picture = cv2.resize(picture, half, interpolation=cv2.INTER_AREA)
            self.levels.append(picture)

    def at_area(self, pixels: float):
        """Returns the level of about `pixels` pixels, float32 premultiplied RGBA."""
        height, width = self.levels[0].shape[:2]
        halvings = 0.5 * math.log2(max(height * width / pixels, 1.0))
        return self.levels[min(int(halvings + 0.25), len(self.levels) - 1)]

    def mirrored(self) -> "Texture":
        """Returns the same picture with left and right swapped."""
        mirror = object.__new__(Texture)
        mirror.levels = [np.ascontiguousarray(level[:, ::-1]) for level in self.levels]
        return mirror


def plain(colour, height: int, width: int):
    """Returns an opaque `(height, width, 4)` picture of one colour, float32."""
    picture = np.full((height, width, 4), 255, np.float32)
    picture[..., :3] = colour
    return picture


def opaque(colour) -> tuple[float, float, float, float]:
    """Returns `colour` as OpenCV's drawing functions want it, with alpha 255."""
    red, green, blue = (float(channel) for channel in colour)
    return red, green, blue, 255.0
