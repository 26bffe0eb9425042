"""Textured rectangles in space, and boxes made of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.synthetic.imaging.texture import Texture

Point = Sequence[float] | np.ndarray  # (x, y, z) in metres


@dataclass(frozen=True, eq=False)
class Panel:
    """A textured parallelogram; metres, x right, y up, z forward.

    It is seen from the side that `cross(right, down)` points to. A billboard turns
    around its vertical middle line and always shows its face; its `right` gives only
    its width, and its `origin` is the top of that middle line.
    """

    origin: np.ndarray  # (3,), top left corner as seen from the front
    right: np.ndarray  # (3,), along the upper edge
    down: np.ndarray  # (3,), along the left edge
    texture: Texture
    category: str
    billboard: bool = False


def face(
    top_left: Point,
    top_right: Point,
    bottom_left: Point,
    texture: Texture,
    category: str,
) -> Panel:
    """Returns the panel with these three corners, each `(x, y, z)` in metres."""
    origin = np.array(top_left, float)
    return Panel(
        origin,
        np.array(top_right, float) - origin,
        np.array(bottom_left, float) - origin,
        texture,
        category,
    )


def billboard(
    x: float,
    z: float,
    bottom: float,
    width: float,
    height: float,
    texture: Texture,
    category: str,
) -> Panel:
    """Returns an upright panel over (x, z) that always faces the camera; metres."""
    return Panel(
        np.array([x, bottom + height, z], float),
        np.array([width, 0, 0], float),
        np.array([0, -height, 0], float),
        texture,
        category,
        billboard=True,
    )


def box(
    x: tuple[float, float],
    y: tuple[float, float],
    z: tuple[float, float],
    textures: dict[str, Texture],
    category: str,
) -> list[Panel]:
    """Returns those faces of an upright box that have a texture.

    Args:
        x: (left, right) in metres.
        y: (bottom, top) in metres.
        z: (back, front) in metres; the back faces the vehicle behind.
        textures: Textures of some of `back front left right top`.
        category: Class of every face.
    """
    (x0, x1), (y0, y1), (z0, z1) = x, y, z
    corners = {
        "back": ((x0, y1, z0), (x1, y1, z0), (x0, y0, z0)),
        "front": ((x1, y1, z1), (x0, y1, z1), (x1, y0, z1)),
        "left": ((x0, y1, z1), (x0, y1, z0), (x0, y0, z1)),
        "right": ((x1, y1, z0), (x1, y1, z1), (x1, y0, z0)),
        "top": ((x0, y1, z1), (x1, y1, z1), (x0, y1, z0)),
    }
    return [face(*corners[side], textures[side], category) for side in textures]
