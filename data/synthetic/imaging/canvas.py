"""The frame being drawn: colour, depth and label of every pixel."""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from data.synthetic.imaging.camera import NEAR
from data.synthetic.imaging.noise import for_rgb
from data.synthetic.imaging.texture import Texture
from data.synthetic.imaging.view import View

_SEAM = 1e-3  # pixels that neighbouring panels overlap, so that nothing shows between


class Canvas:
    """A frame to draw panels on.

    Args:
        image_size: (height, width) in pixels.
        categories: Class names; the label of a pixel is an index into them.

    Attributes:
        colour: Float32 `(height, width, 3)`, RGB in [0, 255].
        inverse_depth: Float32 `(height, width)`, 1 / metres, 0 for the sky.
        label: Int32 `(height, width)`.
    """

    def __init__(self, image_size: tuple[int, int], categories: Sequence[str]):
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

    def paint(self, view: View, texture: Texture, shade: float, label: int) -> None:
        """Draws a panel in all pixels where it is nearer than what is drawn already.

        Args:
            view: Of the panel.
            texture: Of the panel.
            shade: Factor of its brightness.
            label: Of every pixel whose centre the panel covers.
        """
        area = _slices(view)
        patch = _warped(view, texture)
        (inverse,) = self._affine(view, view.to_panel[2:])
        cover, inside = self._cover(view)
        depth = self.inverse_depth[area]
        seen = (inverse > depth) & (inverse < 1 / NEAR)
        solid = (patch[..., 3] >= 0.5) & inside & seen
        cover *= seen
        # The patch is premultiplied: it only has to be lit and added.
        colour = self.colour[area]
        colour *= for_rgb(1 - patch[..., 3] * cover)
        lit = cv2.cvtColor(patch, cv2.COLOR_RGBA2RGB)
        colour += lit * for_rgb(cover * np.float32(shade))
        np.copyto(self.label[area], label, where=solid)
        np.copyto(depth, inverse, where=solid)

    def darken(self, view: View, texture: Texture, strength: float) -> None:
        """Draws a shadow on the ground and leaves the labels unchanged."""
        cover, _ = self._cover(view)
        shadow = _warped(view, texture)[..., 3] * cover * np.float32(strength)
        shadow *= self._affine(view, view.to_panel[2:])[0] > 0
        self.colour[_slices(view)] *= for_rgb(1 - shadow)

    def _affine(self, view, rows):
        """Returns `rows @ (x, y, 1)` of the pixels of the view's area, `(n, h, w)`."""
        x0, y0, x1, y1 = view.area
        a, b, c = rows.astype(np.float32).T[..., None]
        return (a * self.xs[x0:x1])[:, None] + (b * self.ys[y0:y1] + c)[..., None]

    def _cover(self, view):
        """Returns how much of each pixel is covered, and whether its centre is."""
        u, v, depth = view.to_panel
        edges = np.stack([u, v, depth - u, depth - v])
        edges /= np.hypot(edges[:, :1], edges[:, 1:2]) + 1e-12
        # Distance from each edge in pixels; opposite edges may lie in the same pixel.
        inwards = self._affine(view, edges)
        inside = inwards.min(axis=0) > -_SEAM
        shares = np.clip(inwards + np.float32(0.5), 0, 1)
        across, along = np.maximum(shares[:2] + shares[2:] - 1, 0)
        return across * along, inside


def _slices(view):
    x0, y0, x1, y1 = view.area
    return slice(y0, y1), slice(x0, x1)


def _warped(view, texture):
    """Returns the texture as the camera sees it, continued beyond the panel's edges."""
    x0, y0, x1, y1 = view.area
    picture = texture.at_area(view.pixels)
    rows, columns = picture.shape[:2]
    # Pixel (x, y, 1) -> shares of the panel (u, v, 1) / depth -> texels.
    texels = np.array([[columns, 0, -0.5], [0, rows, -0.5], [0, 0, 1]]) @ view.to_panel
    texels[:, 2] += texels[:, 0] * x0 + texels[:, 1] * y0
    patch = cv2.warpPerspective(
        picture,
        texels,
        (x1 - x0, y1 - y0),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    _sharpen(patch, math.sqrt(view.pixels / (rows * columns)))
    return patch


def _sharpen(patch, enlargement):
    """Makes the blurred border of an enlarged texture one pixel wide, in place."""
    if enlargement < 1.2:
        return
    rim = (patch[..., 3] > 0) & (patch[..., 3] < 1)
    alpha = patch[rim, 3]
    sharp = np.clip((alpha - 0.5) * np.float32(enlargement) + 0.5, 0, 1)
    patch[rim] *= (sharp / alpha)[:, None]
