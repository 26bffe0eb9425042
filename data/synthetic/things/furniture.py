"""Poles, signs, traffic lights, guard rails and crates beside the road."""

import itertools

import cv2
import numpy as np

from data.synthetic.imaging.colours import random_colour
from data.synthetic.imaging.noise import smooth_noise
from data.synthetic.imaging.panel import Panel, billboard, box, face
from data.synthetic.imaging.texture import Texture, opaque, plain

_POST = 0.42  # metres, thickness of the posts of signs and traffic lights


def lamp_post(rng: np.random.Generator, side: int) -> list[Panel]:
    """Returns a pole whose arm reaches left if `side` is 1, and right if it is -1."""
    height, thickness = rng.uniform(5.0, 7.0), rng.uniform(0.5, 0.7)
    panels = [_pole(rng, 0, height, thickness)]
    if rng.random() < 0.6:
        left, right = sorted((0.0, -side * rng.uniform(1.2, 2.5)))
        skin = Texture(plain(random_colour(rng, "metal"), 8, 32))
        corners = ((left, height, 0), (right, height, 0), (left, height - 0.4, 0))
        panels.append(face(*corners, skin, "Pole"))
    return panels


def traffic_sign(rng: np.random.Generator) -> list[Panel]:
    """Returns a plate with border and symbol on a pole, or a board on two poles."""
    if rng.random() < 0.35:
        width, height = rng.uniform(2.4, 3.4), rng.uniform(1.5, 2.1)
        bottom = rng.uniform(1.9, 2.6)
        left = _pole(rng, -width * 0.35, bottom + height, _POST)
        right = _pole(rng, width * 0.35, bottom + height, _POST)
        plate = Texture(_board(rng))
        return [left, right, _plate(plate, width, height, bottom)]
    size, bottom = rng.uniform(1.5, 2.1), rng.uniform(1.9, 2.5)
    pole = _pole(rng, 0, bottom + size, _POST)
    return [pole, _plate(Texture(_sign(rng)), size, size, bottom)]


def traffic_light(rng: np.random.Generator) -> list[Panel]:
    """Returns a dark box with three lamps, one of them lit, on a pole."""
    bottom = rng.uniform(2.0, 2.9)
    height, width = rng.uniform(2.3, 3.0), rng.uniform(0.95, 1.25)
    pole = _pole(rng, 0, bottom + height, _POST)
    skin = Texture(_lamps(rng))
    top = bottom + height
    left, right = -width / 2, width / 2
    front = (left, top, -0.2), (right, top, -0.2), (left, bottom, -0.2)
    return [pole, face(*front, skin, "TrafficLight")]


def guard_rail(rng: np.random.Generator, points: np.ndarray) -> list[Panel]:
    """Returns a rail on posts through `points`, each (x, z) in the world; metres.

    It is visible from the right of the line from the first point to the last.
    """
    height = rng.uniform(0.95, 1.2)
    skin = Texture(_rail(rng))
    panels = []
    for (x0, z0), (x1, z1) in itertools.pairwise(points):
        corners = ((x0, height, z0), (x1, height, z1), (x0, 0, z0))
        panels.append(face(*corners, skin, "GuardRail"))
    return panels


def crate(rng: np.random.Generator) -> list[Panel]:
    """Returns a large crate with crossed braces around the origin, class Misc."""
    width, length = rng.uniform(1.8, 2.8, 2)
    height = rng.uniform(1.6, 2.5)
    colour, brace = random_colour(rng, "crate"), random_colour(rng, "crate")
    skin = Texture(_braces(rng, colour, brace))
    lid = Texture(plain(colour, 4, 4))
    textures = {"back": skin, "left": skin, "right": skin, "top": lid}
    x, z = (-width / 2, width / 2), (-length / 2, length / 2)
    return box(x, (0, height), z, textures, "Misc")


def _pole(rng, x, height, thickness):
    picture = plain(random_colour(rng, "metal"), 64, 8)
    picture[..., :3] *= np.linspace(1.2, 0.6, 8)[:, None]
    if rng.random() < 0.25:
        picture[::16, :, :3] *= 0.6
    return billboard(x, 0, 0, thickness, height, Texture(picture), "Pole")


def _plate(texture, width, height, bottom):
    top = bottom + height
    corners = ((-width / 2, top, -0.15), (width / 2, top, -0.15))
    return face(*corners, (-width / 2, bottom, -0.15), texture, "TrafficSign")


def _sign(rng):
    """Draws a disc, triangle, diamond or square with a border and a symbol."""
    picture = np.zeros((96, 96, 4), np.float32)
    border, ground, symbol = (opaque(random_colour(rng, "plate")) for _ in "123")
    corners = int(rng.choice([3, 4, 8, 40]))
    angles = 2 * np.pi * (np.arange(corners) + rng.choice([0, 0.5])) / corners
    rim = 46 if corners != 4 else 60
    for radius, colour in ((rim, border), (rim * 0.72, ground)):
        x, y = 48 + radius * np.sin(angles), 48 - radius * np.cos(angles)
        cv2.fillPoly(picture, [np.round(np.stack([x, y], -1)).astype(np.int32)], colour)
    if rng.random() < 0.5:
        cv2.rectangle(picture, (28, 42), (67, 54), symbol, -1)
    else:
        cv2.rectangle(picture, (42, 28), (54, 67), symbol, -1)
    return picture


def _board(rng):
    """Draws a direction board: border, lines of writing, an arrow."""
    picture = plain(random_colour(rng, "plate"), 48, 80)
    ink = opaque(random_colour(rng, "plate"))
    cv2.rectangle(picture, (2, 2), (77, 45), ink, 2)
    for row in (12, 22, 32):
        cv2.line(picture, (10, row), (int(rng.integers(30, 50)), row), ink, 4)
    cv2.arrowedLine(picture, (63, 38), (63, 10), ink, 4, tipLength=0.4)
    return picture


def _lamps(rng):
    body = random_colour(rng, "lamps") * 0.8
    picture = plain(body, 72, 32)
    cv2.rectangle(picture, (0, 0), (31, 71), opaque(body * 1.5), 2)
    lit = rng.integers(3)
    for lamp, bright in enumerate([(255, 60, 40), (255, 200, 40), (60, 255, 120)]):
        colour = bright if lamp == lit else np.array(bright) * 0.22
        cv2.circle(picture, (16, 13 + 23 * lamp), 9, opaque(colour), -1)
    return picture


def _rail(rng):
    """Draws a broad metal band on posts, transparent between them."""
    colour = random_colour(rng, "metal")
    picture = plain(colour, 32, 128)
    picture[..., 3] = 0
    wave = np.sin(np.linspace(0, 4 * np.pi, 24))
    picture[:24, :, :3] *= 1 + 0.3 * wave[:, None, None]
    picture[:24, :, 3] = 255
    for post in (16, 48, 80, 112):
        picture[2:, post - 3 : post + 3] = opaque(colour * 0.6)
    picture[..., :3] += 5 * smooth_noise(rng, (32, 128), 16)[..., None]
    return picture


def _braces(rng, colour, brace):
    picture = plain(colour, 48, 48)
    picture[..., :3] += 8 * smooth_noise(rng, (48, 48), 12)[..., None]
    picture[:, ::8, :3] *= 0.7
    ink = opaque(brace)
    cv2.line(picture, (0, 0), (47, 47), ink, 6)
    cv2.line(picture, (0, 47), (47, 0), ink, 6)
    cv2.rectangle(picture, (2, 2), (45, 45), ink, 5)
    return picture
