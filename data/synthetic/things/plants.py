"""Trees (class Tree), bushes and hedges (class Vegetation)."""

import cv2
import numpy as np

from data.synthetic.imaging.colours import random_colour
from data.synthetic.imaging.noise import smooth_noise
from data.synthetic.imaging.panel import Panel, billboard, box
from data.synthetic.imaging.texture import Texture, plain


def tree(rng: np.random.Generator) -> list[Panel]:
    """Returns a tree around the origin: a trunk and a crown of up to three tufts."""
    height = rng.uniform(5.0, 11.0)
    trunk = height * rng.uniform(0.28, 0.42)
    thickness = rng.uniform(0.3, 0.6)
    bark = Texture(_bark(rng))
    panels = [billboard(0, 0, 0, thickness, trunk + 0.8, bark, "Tree")]
    colour = random_colour(rng, "plant")
    crown = height - trunk
    width = crown * rng.uniform(0.6, 1.0)
    pointed = rng.random() < 0.3
    for tuft in range(1 if pointed else int(rng.integers(2, 4))):
        leaves = Texture(_leaves(rng, colour, pointed))
        x, z = rng.uniform(-0.2, 0.2, 2) * width * (tuft > 0)
        size = rng.uniform(0.75, 1.0)
        bottom = trunk + (1 - size) * crown * rng.random()
        panels.append(
            billboard(x, z, bottom, width * size, crown * size, leaves, "Tree")
        )
    return panels


def bush(rng: np.random.Generator) -> list[Panel]:
    """Returns a low round bush around the origin: several small tufts."""
    colour = random_colour(rng, "plant")
    size = rng.uniform(1.6, 2.8)
    panels = []
    for _ in range(int(rng.integers(2, 5))):
        x, z = rng.uniform(-0.6, 0.6, 2) * size
        width, height = size * rng.uniform(0.9, 1.6), size * rng.uniform(0.6, 0.9)
        leaves = Texture(_shoots(rng, colour))
        panels.append(billboard(x, z, 0, width, height, leaves, "Vegetation"))
    return panels


def hedge(rng: np.random.Generator, length: float) -> list[Panel]:
    """Returns a hedge along z around the origin, visible from -x; metres."""
    colour = random_colour(rng, "plant")
    height = rng.uniform(1.5, 2.6)
    front = Texture(_hedge(rng, colour, length, height))
    end = Texture(_hedge(rng, colour, 1.0, height))
    x, z = (0, rng.uniform(0.6, 1.2)), (-length / 2, length / 2)
    textures = {"left": front, "back": end, "front": end}
    return box(x, (0, height), z, textures, "Vegetation")


def _leaves(rng, colour, pointed):
    """Draws a crown: an uneven disc or cone of clumps, lit from above."""
    shape = (64, 64)
    y, x = np.mgrid[-1:1:64j, -1:1:64j].astype(np.float32)
    clumps = smooth_noise(rng, shape, 12)
    if pointed:
        inside = (y + 1) / 2 - np.abs(x) * 1.05
    else:
        inside = (0.92 - np.sqrt(x**2 + y**2)) * 1.2
    inside = inside + 0.1 * clumps
    return _foliage(rng, colour, inside, clumps, grain=4)


def _shoots(rng, colour):
    """Draws a bush: half a disc with upright shoots."""
    shape = (48, 48)
    y, x = np.mgrid[0:1:48j, -1:1:48j].astype(np.float32)
    outline = smooth_noise(rng, (1, 48), 8)
    inside = y - 0.12 - 0.55 * x**2 - 0.35 * x**8 + 0.08 * outline
    inside[:, [0, -1]] = -1
    return _foliage(rng, colour, inside, smooth_noise(rng, shape, 9), grain=3)


def _hedge(rng, colour, length, height):
    rows, columns = round(height * 20), max(8, round(length * 20))
    edge = np.linspace(-0.15, 1, rows, dtype=np.float32)[:, None]
    inside = edge + 0.12 * smooth_noise(rng, (1, columns), 10)
    clumps = smooth_noise(rng, (rows, columns), 9)
    return _foliage(rng, colour, inside, clumps, grain=3)


def _foliage(rng, colour, inside, clumps, grain):
    """Paints leaves where `inside` is positive; brighter above, dark between clumps."""
    rows, columns = inside.shape
    picture = plain(colour, rows, columns)
    speckle = smooth_noise(rng, inside.shape, grain, octaves=2)
    light = 1 + 0.22 * clumps + 0.28 * speckle
    light *= np.linspace(1.25, 0.7, rows, dtype=np.float32)[:, None]
    picture[..., :3] *= np.clip(light, 0.15, 2)[..., None]
    picture[..., 3] = np.clip(inside * rows * 0.5, -0.5, 0.5) * 255 + 127.5
    return picture


def _bark(rng):
    shape = (64, 16)
    picture = plain(random_colour(rng, "plant") * 0.6, *shape)
    stripes = cv2.blur(smooth_noise(rng, shape, 3), (1, 9))
    picture[..., :3] *= (1 + 0.6 * stripes)[..., None].clip(0.3, 2)
    return picture
