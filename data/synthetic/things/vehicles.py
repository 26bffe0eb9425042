"""Cars, vans and trucks, each on its own origin and facing +z."""

import cv2
import numpy as np

from data.synthetic.imaging.colours import random_colour
from data.synthetic.imaging.noise import smooth_noise
from data.synthetic.imaging.panel import Panel, box, face
from data.synthetic.imaging.texture import Texture, opaque, plain

_PIXELS_PER_METRE = 24
_TYRE = (25, 25, 28)


def car(rng: np.random.Generator) -> list[Panel]:
    """Returns a low car: body, slanted screens, cabin."""
    colour, glass = random_colour(rng, "car"), _glass(rng)
    length, width = rng.uniform(3.8, 4.7), rng.uniform(1.7, 1.95)
    belt, roof = rng.uniform(0.85, 0.98), rng.uniform(1.4, 1.6)
    half = length / 2
    trunk = -half + length * rng.choice([0.02, 0.16])
    cabin = (trunk, trunk + 0.35, half - length * 0.42, half - length * 0.27)
    side = Texture(_car_side(colour, glass, length, belt, roof, cabin))
    paint = Texture(_paint(rng, colour))
    rear = Texture(_rear(colour, width, belt, (200, 30, 30)))
    nose = Texture(_rear(colour, width, belt, (240, 240, 220)))
    screen = Texture(_screen(colour, glass))
    x0, x1 = -width / 2, width / 2
    sides = {"left": side, "right": side.mirrored()}
    panels = box((x0, x1), (0, roof), (-half, half), sides, "Car")
    ends = {"back": rear, "front": nose}
    panels += box((x0, x1), (0, belt), (-half, half), ends, "Car")
    a, b, c, d = cabin
    for (z0, y0), (z1, y1), skin in (
        ((-half, belt), (a, belt), paint),
        ((a, belt), (b, roof), screen),
        ((b, roof), (c, roof), paint),
        ((d, belt), (half, belt), paint),
    ):
        panels.append(face((x0, y1, z1), (x1, y1, z1), (x0, y0, z0), skin, "Car"))
    panels.append(face((x1, roof, c), (x0, roof, c), (x1, belt, d), screen, "Car"))
    return panels


def van(rng: np.random.Generator) -> list[Panel]:
    """Returns a boxy van: tall sides with windows in front, short nose."""
    colour, glass = random_colour(rng, "van"), _glass(rng)
    length, width = rng.uniform(4.8, 5.8), rng.uniform(1.9, 2.1)
    height = rng.uniform(2.3, 2.8)
    panes = int(rng.integers(1, 4))
    side = Texture(_van_side(colour, glass, length, height, panes))
    textures = {
        "back": Texture(_van_back(colour, glass, width, height, (200, 30, 30))),
        "front": Texture(_van_front(colour, glass, width, height)),
        "left": side,
        "right": side.mirrored(),
        "top": Texture(_paint(rng, colour)),
    }
    x, z = (-width / 2, width / 2), (-length / 2, length / 2)
    return box(x, (0, height), z, textures, "Van")


def truck(rng: np.random.Generator) -> list[Panel]:
    """Returns a truck: a cab, and a tall cargo box with stripes."""
    colour, glass = random_colour(rng, "truck"), _glass(rng)
    cargo = random_colour(rng, "truck")
    stripe = random_colour(rng, "truck")
    length, width = rng.uniform(6.5, 9.5), rng.uniform(2.3, 2.55)
    height, cab = rng.uniform(3.3, 3.9), 1.9
    split = length / 2 - cab
    x = (-width / 2, width / 2)
    side = Texture(_cargo_side(rng, cargo, stripe, split + length / 2, height))
    load = {
        "back": Texture(_cargo_back(cargo, stripe, width, height)),
        "left": side,
        "right": side.mirrored(),
        "top": Texture(_paint(rng, cargo)),
        "front": Texture(plain(cargo, 4, 4)),
    }
    panels = box(x, (0, height), (-length / 2, split), load, "Truck")
    door = Texture(_van_side(colour, glass, cab, 2.6, 1))
    head = {
        "front": Texture(_van_front(colour, glass, width, 2.6)),
        "left": door,
        "right": door.mirrored(),
        "top": Texture(_paint(rng, colour)),
    }
    return panels + box(x, (0, 2.6), (split, length / 2), head, "Truck")


def _glass(rng):
    return np.array([60, 70, 85]) * rng.uniform(0.3, 2.0)


def _pixels(*metres):
    return [round(value * _PIXELS_PER_METRE) for value in metres]


def _paint(rng, colour):
    picture = plain(colour, 16, 16)
    picture[..., :3] += 6 * smooth_noise(rng, (16, 16), 8)[..., None]
    return picture


def _rectangle(picture, x, y, colour):
    """Fills a rectangle; `x` and `y` are shares of the picture."""
    rows, columns = picture.shape[:2]
    low = round(x[0] * columns), round(y[0] * rows)
    high = round(x[1] * columns) - 1, round(y[1] * rows) - 1
    cv2.rectangle(picture, low, high, opaque(colour), -1)


def _underside(picture, metres, wheels, radius=0.33):
    """Draws wheels, at shares of the length, below a transparent quarter metre."""
    rows, columns = picture.shape[:2]
    clear = rows - _pixels(0.28)[0]
    picture[clear:, :, 3] = 0
    scale = columns / metres
    for share in wheels:
        centre = (round(share * columns), round(rows - radius * scale))
        cv2.circle(picture, centre, round(radius * scale), opaque(_TYRE), -1)
        rim = round(0.5 * radius * scale)
        cv2.circle(picture, centre, rim, opaque((150, 150, 155)), -1)


def _car_side(colour, glass, length, belt, roof, cabin):
    """Draws the left side, with the nose on the left."""
    rows, columns = _pixels(roof, length)
    picture = plain(colour, rows, columns)
    picture[..., 3] = 0
    belt_row = round(rows * (1 - belt / roof))
    a, b, c, d = ((0.5 - z / length) * columns for z in cabin)
    outline = [(a, belt_row), (b, 0), (c, 0), (d, belt_row)]
    cv2.fillPoly(picture, [np.round(outline).astype(np.int32)], opaque(colour))
    picture[belt_row:, :, :] = opaque(colour)
    inset = 0.12 * columns * 0.5
    pane = [(a - inset, belt_row), (b - inset * 0.6, 3), (c + inset * 0.6, 3)]
    pane.append((d + inset, belt_row))
    cv2.fillPoly(picture, [np.round(pane).astype(np.int32)], opaque(glass))
    middle = round((b + c) / 2)
    picture[:belt_row, middle - 2 : middle + 2] = opaque(colour)
    picture[belt_row + 1 : belt_row + 3, :, :3] *= 0.7
    _underside(picture, length, (0.2, 0.8))
    return picture


def _rear(colour, width, height, lamp):
    """Draws the lower end of a car, with lamps, number plate and bumper."""
    picture = plain(colour, *_pixels(height, width))
    _rectangle(picture, (0.03, 0.24), (0.18, 0.42), lamp)
    _rectangle(picture, (0.76, 0.97), (0.18, 0.42), lamp)
    _rectangle(picture, (0.36, 0.64), (0.32, 0.5), (225, 225, 215))
    _rectangle(picture, (0, 1), (0.58, 0.66), np.array(colour) * 0.5)
    clear = picture.shape[0] - _pixels(0.28)[0]
    picture[clear:, :, 3] = 0
    for x in ((0.02, 0.16), (0.84, 0.98)):
        _rectangle(picture, x, (0.66, 1), _TYRE)
    return picture


def _screen(colour, glass):
    picture = plain(colour, 24, 48)
    _rectangle(picture, (0.06, 0.94), (0.08, 0.92), glass)
    return picture


def _van_side(colour, glass, length, height, panes):
    """Draws the left side of a van or of a truck's cab, the nose on the left."""
    picture = plain(colour, *_pixels(height, length))
    first = 0.55 if length < 3 else 0.24
    _rectangle(picture, (0.06, first), (0.14, 0.46), glass)
    for pane in range(1, panes):
        x = 0.27 + 0.24 * (pane - 1)
        _rectangle(picture, (x, x + 0.21), (0.14, 0.46), glass)
    _rectangle(picture, (0, 1), (0.6, 0.63), np.array(colour) * 0.6)
    wheels = (0.5,) if length < 3 else (0.2, 0.8)
    _underside(picture, length, wheels, 0.38)
    return picture


def _van_back(colour, glass, width, height, lamp):
    picture = plain(colour, *_pixels(height, width))
    _rectangle(picture, (0.1, 0.47), (0.12, 0.42), glass)
    _rectangle(picture, (0.53, 0.9), (0.12, 0.42), glass)
    _rectangle(picture, (0.49, 0.51), (0.05, 0.85), np.array(colour) * 0.5)
    _rectangle(picture, (0.02, 0.1), (0.45, 0.7), lamp)
    _rectangle(picture, (0.9, 0.98), (0.45, 0.7), lamp)
    _rectangle(picture, (0, 1), (0.8, 0.88), (50, 50, 52))
    _wheels_seen_from_behind(picture)
    return picture


def _van_front(colour, glass, width, height):
    picture = plain(colour, *_pixels(height, width))
    _rectangle(picture, (0.06, 0.94), (0.1, 0.45), glass)
    _rectangle(picture, (0.25, 0.75), (0.55, 0.72), (40, 40, 44))
    _rectangle(picture, (0.04, 0.22), (0.58, 0.7), (240, 240, 220))
    _rectangle(picture, (0.78, 0.96), (0.58, 0.7), (240, 240, 220))
    _wheels_seen_from_behind(picture)
    return picture


def _wheels_seen_from_behind(picture):
    clear = picture.shape[0] - _pixels(0.3)[0]
    picture[clear:, :, 3] = 0
    for x in ((0.03, 0.17), (0.83, 0.97)):
        _rectangle(picture, x, (0.86, 1), _TYRE)


def _cargo_side(rng, colour, stripe, length, height):
    """Draws a cargo box: ribs from top to bottom, a broad stripe, wheels below."""
    picture = plain(colour, *_pixels(height, length))
    picture[:, ::9, :3] *= 0.72
    y = rng.uniform(0.2, 0.45)
    _rectangle(picture, (0, 1), (y, y + 0.12), stripe)
    _rectangle(picture, (0, 1), (y + 0.17, y + 0.2), stripe)
    _rectangle(picture, (0, 1), (0.76, 0.8), (45, 45, 48))
    rows = picture.shape[0]
    picture[round(rows * 0.8) :, :, 3] = 0
    for share in (0.12, 0.78, 0.9):
        centre = (round(share * picture.shape[1]), rows - _pixels(0.45)[0])
        cv2.circle(picture, centre, _pixels(0.45)[0], opaque(_TYRE), -1)
    return picture


def _cargo_back(colour, stripe, width, height):
    picture = plain(colour, *_pixels(height, width))
    edge = np.array(colour) * 0.5
    for x in ((0, 0.04), (0.48, 0.52), (0.96, 1)):
        _rectangle(picture, x, (0, 0.78), edge)
    _rectangle(picture, (0, 1), (0, 0.03), edge)
    for left in (0.1, 0.3, 0.62, 0.82):
        _rectangle(picture, (left, left + 0.08), (0.12, 0.6), stripe)
    columns = np.arange(picture.shape[1]) // 6 % 2
    board = np.where(columns[:, None], (205, 40, 40), (235, 235, 230))
    band = slice(round(picture.shape[0] * 0.74), round(picture.shape[0] * 0.8))
    picture[band, :, :3] = board
    picture[band.stop :, :, 3] = 0
    for x in ((0.04, 0.26), (0.74, 0.96)):
        _rectangle(picture, x, (0.8, 1), _TYRE)
    return picture
