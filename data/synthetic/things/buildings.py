"""Buildings: boxes with rows of windows and flat or gabled roofs."""

import cv2
import numpy as np

from data.synthetic.imaging.colours import random_colour, shifted_colour
from data.synthetic.imaging.noise import smooth_noise
from data.synthetic.imaging.panel import Panel, box, face
from data.synthetic.imaging.texture import Texture, opaque, plain

_PIXELS_PER_METRE = 8


def building(rng: np.random.Generator, depth: float, length: float) -> list[Panel]:
    """Returns a house around the origin whose front faces -x.

    Args:
        rng: NumPy generator.
        depth: Extent in x, metres.
        length: Extent in z, metres.
    """
    storeys = int(rng.integers(1, 6))
    height = storeys * rng.uniform(2.8, 3.4) + 0.5
    colour = random_colour(rng, "building")
    style = _window_style(rng)
    front = Texture(_facade(rng, colour, style, storeys, length, height))
    x, z = (0, depth), (-length / 2, length / 2)
    panels = box(x, (0, height), z, {"left": front}, "Building")
    if storeys <= 3 and rng.random() < 0.7:
        return panels + _gabled(rng, colour, style, storeys, x, height, z)
    side = Texture(_facade(rng, colour, style, storeys, depth, height))
    ends = {"back": side, "front": side}
    return panels + box(x, (0, height), z, ends, "Building")


def _gabled(rng, colour, style, storeys, x, height, z):
    """Returns a roof with its ridge along z, and its gables."""
    depth = x[1] - x[0]
    ridge = height + depth * rng.uniform(0.25, 0.5)
    wall = _facade(rng, colour, style, storeys, depth, height)
    gable = _facade(rng, colour, None, 1, depth, ridge - height)
    rows, columns = gable.shape[:2]
    triangle = np.array([[0, rows], [columns / 2, 0], [columns, rows]], np.int32)
    mask = np.zeros((rows, columns), np.uint8)
    cv2.fillPoly(mask, [triangle], 255)
    gable[..., 3] = mask
    end = Texture(np.concatenate([gable, wall]))
    tiles = Texture(_tiles(rng, z[1] - z[0], depth))
    panels = box(x, (0, ridge), z, {"back": end, "front": end}, "Building")
    middle, eaves = depth / 2, x[0] - 0.3
    top_left, top_right = (middle, ridge, z[1]), (middle, ridge, z[0])
    slope = face(top_left, top_right, (eaves, height - 0.2, z[1]), tiles, "Building")
    return panels + [slope]


def _window_style(rng):
    return {
        "pitch": rng.uniform(1.8, 3.5),  # metres from window to window
        "share": rng.uniform(0.35, 0.7),  # of the pitch that is glass
        "glass": random_colour(rng, "building") * rng.uniform(0.2, 0.9),
        "frame": random_colour(rng, "building"),
        "bricks": rng.random() < 0.4,
    }


def _facade(rng, colour, style, storeys, length, height):
    """Draws a wall, without windows if `style` is None."""
    rows = max(4, round(height * _PIXELS_PER_METRE))
    columns = max(4, round(length * _PIXELS_PER_METRE))
    picture = plain(colour, rows, columns)
    grain = smooth_noise(rng, (rows, columns), 30, octaves=4)
    picture[..., :3] += 8 * grain[..., None]
    if style is None:
        return picture
    if style["bricks"]:
        picture[::3, :, :3] *= 0.85
    number = max(1, int(length / style["pitch"]))
    storey, pitch = rows / storeys, columns / number
    width, tall = pitch * style["share"], storey * 0.55
    for floor in range(storeys):
        for window in range(number):
            x = int((window + 0.5) * pitch - width / 2)
            y = int(floor * storey + storey * 0.2)
            corner = (int(x + width), int(y + tall))
            cv2.rectangle(picture, (x, y), corner, opaque(style["frame"]), -1)
            glass = shifted_colour(rng, style["glass"], 30)
            inner = (corner[0] - 1, corner[1] - 1)
            cv2.rectangle(picture, (x + 1, y + 1), inner, opaque(glass), -1)
    return picture


def _tiles(rng, length, depth):
    shape = round(depth * 5), round(length * 5)
    picture = plain(random_colour(rng, "building") * 0.8, *shape)
    picture[::3, :, :3] *= 0.75
    picture[..., :3] += 10 * smooth_noise(rng, shape, 12)[..., None]
    return picture
