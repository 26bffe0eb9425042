"""Thin things: wires on masts, reflector posts beside the road, trees without leaves.

At a distance of some tens of metres they are one or a few pixels wide, where networks
flicker most.
"""

import itertools

import cv2
import numpy as np

from data.synthetic.imaging.colours import random_colour
from data.synthetic.imaging.panel import billboard, face
from data.synthetic.imaging.road import Road
from data.synthetic.imaging.texture import Texture, opaque, plain
from data.synthetic.imaging.view import PanelTable

_KINDS_OF_TREES = 3  # in one world
_SPAN_PIECES = 8  # straight pieces that a hanging wire is made of


def thin_things(rng: np.random.Generator, road: Road, end: float) -> list[PanelTable]:
    """Places thin things along a road.

    Args:
        rng: NumPy generator.
        road: The road beside which they are placed.
        end: Largest position of any of them, metres along z.

    Returns:
        Tables of panels, of the classes Pole, Misc (the wires) and Tree.
    """
    tables = [_power_line(rng, road, int(rng.choice([-1, 1])), end)]
    twigs = [Texture(_twigs(rng)) for _ in range(_KINDS_OF_TREES)]
    for side in (-1, 1):
        tables.append(_reflector_posts(rng, road, side, end))
        tables.append(_bare_trees(rng, road, side, end, twigs))
    return tables


def _along(rng, road, side, distance, spacing, end):
    """Yields (x, z) every `spacing` metres, `distance` off the edge of the road."""
    for z in np.arange(rng.uniform(-5, 10), end, spacing):
        yield road.centre(z) + side * (road.half_width + distance), z


def _power_line(rng, road, side, end):
    """Masts with an arm across, and wires that sag between them."""
    height, thickness = rng.uniform(6.5, 8.5), rng.uniform(0.14, 0.2)
    arm, wire = rng.uniform(0.7, 1.1), rng.uniform(0.04, 0.06)
    sag = rng.uniform(0.4, 1.0)
    wood = Texture(plain(random_colour(rng, "building") * 0.5, 8, 8))
    rubber = Texture(plain(random_colour(rng, "wire"), 8, 8))
    distance, spacing = rng.uniform(2.7, 3.4), rng.uniform(24, 34)
    masts = list(_along(rng, road, side, distance, spacing, end))
    panels = []
    for x, z in masts:
        panels.append(billboard(x, z, 0, thickness, height, wood, "Pole"))
        corners = (
            (x - arm, height, z),
            (x + arm, height, z),
            (x - arm, height - 0.15, z),
        )
        panels.append(face(*corners, wood, "Pole"))
    # Wires are visible from the right of their direction: on the left it is ahead.
    masts = masts[::-1] if side > 0 else masts
    for (first, second), shift in itertools.product(
        itertools.pairwise(masts), (-arm, 0, arm)
    ):
        points = _hanging(first, second, shift, height + wire, sag)
        for (x0, y0, z0), (x1, y1, z1) in itertools.pairwise(points):
            corners = ((x0, y0, z0), (x1, y1, z1), (x0, y0 - wire, z0))
            panels.append(face(*corners, rubber, "Misc"))
    return PanelTable(panels)


def _hanging(first, second, shift, height, sag):
    """Returns points (x, y, z) of a wire between two masts, each (x, z)."""
    share = np.linspace(0, 1, _SPAN_PIECES + 1)[:, None]
    x, z = np.transpose(np.array(first) * (1 - share) + np.array(second) * share)
    return np.stack([x + shift, height - 4 * sag * (share * (1 - share))[:, 0], z], 1)


def _reflector_posts(rng, road, side, end):
    """White posts with a dark band, as beside country roads."""
    picture = plain(rng.uniform(190, 245), 32, 8)
    picture[6:14] = opaque((30, 30, 30))
    skin = Texture(picture)
    places = _along(rng, road, side, 0.6, rng.uniform(12, 25), end)
    return PanelTable([billboard(x, z, 0, 0.11, 1.05, skin, "Pole") for x, z in places])


def _bare_trees(rng, road, side, end, twigs):
    panels = []
    spacing = rng.uniform(18, 45)
    for x, z in _along(rng, road, side, rng.uniform(4, 8), spacing, end):
        height = rng.uniform(5, 9)
        skin = twigs[rng.integers(len(twigs))]
        panels.append(billboard(x, z, 0, 0.8 * height, height, skin, "Tree"))
    return PanelTable(panels)


def _twigs(rng):
    """Draws a trunk that branches repeatedly, one texel wide at its ends."""
    rows, columns = 256, 205
    picture = plain(random_colour(rng, "plant") * 0.5, rows, columns)
    ink = opaque(picture[0, 0, :3])
    picture[..., 3] = 0
    shoots = [(columns / 2, float(rows), 0.0, rows * 0.24, 7.0)]
    while shoots:
        x, y, angle, length, width = shoots.pop()
        end = x + length * np.sin(angle), y - length * np.cos(angle)
        start, stop = (round(x), round(y)), (round(end[0]), round(end[1]))
        cv2.line(picture, start, stop, ink, max(1, round(width)))
        if length > 8:
            for lean in rng.uniform(0.15, 0.6, 2) * (-1, 1):
                shoots.append(
                    (*end, angle + lean, length * rng.uniform(0.65, 0.85), width * 0.6)
                )
    return picture
