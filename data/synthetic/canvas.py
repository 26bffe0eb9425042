"""The canvas: colour, depth and label of every pixel, and how panels get onto it."""

import math

import cv2
import numpy as np

from data.synthetic.lookup import for_rgb
from data.synthetic.texture import Texture

NEAR = 0.4  # metres; nothing nearer is drawn


class Canvas:
    """A frame in the making.

    Args:
        image_size: (height, width) in pixels.
        categories: Class names; the label of a pixel is an index into them.

    Attributes:
        colour: Float32 `(height, width, 3)`, RGB in [0, 255].
        inverse_depth: Float32 `(height, width)`, 1 / metres, 0 for the sky.
        label: Int32 `(height, width)`.
    """

    def __init__(self, image_size: tuple[int, int], categories):
        height, width = image_size
        self.colour = np.zeros((height, width, 3), np.float32)
        self.inverse_depth = np.zeros((height, width), np.float32)
        self.label = np.zeros((height, width), np.int32)
        self.xs = np.arange(width, dtype=np.float32)
        self.ys = np.arange(height, dtype=np.float32)
        self._index = {name: index for index, name in enumerate(categories)}

    def category(self, name: str) -> int:
        """Returns the label of a class."""
        return self._index[name]

    def paint(self, view, texture: Texture, shade: float, label: int):
        """Draws a panel where it is nearer than what is there.

        Args:
            view: `View` of the panel.
            texture: What it wears.
            shade: Brightness, a factor.
            label: Label of every pixel of which the panel covers half or more.
        """
        area, patch, inverse = self._project(view, texture)
        depth = self.inverse_depth[area]
        seen = (inverse > depth) & (inverse < 1 / NEAR)
        alpha = patch[..., 3] * seen
        # The patch is premultiplied: it only has to be lit and added.
        colour = self.colour[area]
        colour *= for_rgb(1 - alpha)
        lit = cv2.cvtColor(patch, cv2.COLOR_RGBA2RGB)
        colour += lit * for_rgb(seen * np.float32(shade))
        solid = alpha >= 0.5
        np.copyto(self.label[area], label, where=solid)
        np.copyto(depth, inverse, where=solid)

    def darken(self, view, texture: Texture, strength: float):
        """Lays a shadow over the ground; its label stays what it was."""
        area, patch, inverse = self._project(view, texture)
        shadow = patch[..., 3] * (inverse > 0) * np.float32(strength)
        self.colour[area] *= for_rgb(1 - shadow)

    def _project(self, view, texture):
        """Returns the pixels concerned, the texture there, and 1 / depth there."""
        x0, y0, x1, y1 = view.area
        picture = texture.at_area(view.pixels)
        rows, columns = picture.shape[:2]
        # Pixel (x, y, 1) -> shares of the panel (u, v, 1) / depth -> texels.
        back = view.to_panel
        texels = np.array([[columns, 0, -0.5], [0, rows, -0.5], [0, 0, 1]]) @ back
        texels[:, 2] += texels[:, 0] * x0 + texels[:, 1] * y0
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        patch = cv2.warpPerspective(picture, texels, (x1 - x0, y1 - y0), flags=flags)
        _sharpen(patch, math.sqrt(view.pixels / (rows * columns)))
        a, b, c = np.float32(back[2])
        inverse = a * self.xs[x0:x1] + (b * self.ys[y0:y1] + c)[:, None]
        return (slice(y0, y1), slice(x0, x1)), patch, inverse


def _sharpen(patch, enlargement):
    """Makes the rim of an enlarged texture one pixel wide again, in place."""
    if enlargement < 1.2:
        return
    rim = (patch[..., 3] > 0) & (patch[..., 3] < 1)
    alpha = patch[rim, 3]
    sharp = np.clip((alpha - 0.5) * np.float32(enlargement) + 0.5, 0, 1)
    patch[rim] *= (sharp / alpha)[:, None]
