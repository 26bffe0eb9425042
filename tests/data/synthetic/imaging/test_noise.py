import numpy as np
import pytest

from data.synthetic.imaging.colours import random_colour, shifted_colour
from data.synthetic.imaging.noise import smooth_noise


def test_noise_has_mean_zero_and_deviation_one(rng):
    noise = smooth_noise(rng, (64, 96), 16)
    assert noise.shape == (64, 96) and noise.dtype == np.float32
    assert abs(noise.mean()) < 1e-3 and abs(noise.std() - 1) < 1e-3


def test_noise_is_smooth_across_its_own_border(rng):
    noise = smooth_noise(rng, (64, 64), 16)
    inner = np.abs(np.diff(noise, axis=0)).mean()
    assert np.abs(noise[0] - noise[-1]).mean() < 2 * inner


@pytest.mark.parametrize("kind", ["building", "car", "van", "terrain", "metal"])
def test_colours_of_every_kind_reach_into_those_of_the_road(rng, kind):
    # Each road colour has a neighbour of the other kind within 40 levels.
    roads = np.array([random_colour(rng, "road") for _ in range(100)])
    others = np.array([random_colour(rng, kind) for _ in range(400)])
    distances = np.abs(roads[:, None] - others).max(-1).min(1)
    assert np.mean(distances < 40) > 0.9


def test_a_shifted_colour_stays_near_and_in_range(rng):
    colour = np.array([0.0, 128, 255])
    for _ in range(50):
        shifted = shifted_colour(rng, colour, 25)
        assert np.abs(shifted - colour).max() <= 25
        assert shifted.min() >= 0 and shifted.max() <= 255
