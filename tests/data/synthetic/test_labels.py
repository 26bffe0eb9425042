"""Labels of the synthetic video against rays cast into its world."""

import itertools

import cv2
import numpy as np
import pytest
from ray_caster import nearest_things

from data.synthetic.render import CATEGORIES, Renderer

WIRES = CATEGORIES.index("Misc")


def agreeing_rays(renderer, frame, x, y, spread=1.5):
    """The labels hit by rays through and around each pixel, -1 where they differ.

    The texels of a picture seen from afar are up to 1.7 pixels wide.
    """
    shifts = itertools.product(np.linspace(-spread, spread, 5), repeat=2)
    found = [nearest_things(renderer, frame, x + dx, y + dy) for dx, dy in shifts]
    return np.where((np.array(found) == found[0]).all(axis=0), found[0], -1)


@pytest.mark.parametrize(
    "seed, world, frame, size",
    [(0, 1, 0, (375, 1242)), (1, 2, 7, (192, 256)), (2, 3, 19, (512, 1024))],
)
def test_every_label_is_that_of_the_nearest_thing(seed, world, frame, size, rng):
    renderer = Renderer(seed, world, "clone", 20, size)
    _, label, _ = renderer.draw(frame)
    y, x = (rng.integers(0, length, 400) for length in size)
    expected = agreeing_rays(renderer, frame, x, y)
    sure = expected >= 0
    assert sure.mean() > 0.7
    np.testing.assert_array_equal(label[y, x][sure], expected[sure])
    assert len(np.unique(expected[sure])) > 8


@pytest.mark.parametrize("world", [1, 2])
def test_thin_things_are_labelled_to_the_pixel(world):
    renderer = Renderer(0, world, "clone", 20, (256, 512))
    _, label, _ = renderer.draw(3)
    wires = label == WIRES
    thin = wires & ~cv2.erode(wires.astype(np.uint8), np.ones((5, 1))).astype(bool)
    y, x = np.nonzero(cv2.dilate(thin.astype(np.uint8), np.ones((5, 1))))
    found, expected = label[y, x], nearest_things(renderer, 3, x, y)
    # Leaves and twigs seen from afar are averages of a few texels.
    plants = [CATEGORIES.index("Tree"), CATEGORIES.index("Vegetation")]
    sure = ~np.isin(found, plants) & ~np.isin(expected, plants)
    found, expected = (labels[sure] == WIRES for labels in (found, expected))
    assert 300 < expected.sum() < 0.6 * len(expected)
    assert np.mean(found == expected) > 0.998
