"""The synthetic video has causes of flicker: thin, distant, moving things and noise."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from data.synthetic.imaging.camera import Camera
from data.synthetic.imaging.canvas import Canvas
from data.synthetic.imaging.weather import VARIATIONS, Weather
from data.synthetic.render import CATEGORIES, Renderer, _motion_blur

SIZE = (256, 512)
WIRES, POLES = CATEGORIES.index("Misc"), CATEGORIES.index("Pole")


@pytest.fixture(scope="module")
def renderers():
    return [Renderer(0, world, "clone", 20, SIZE) for world in range(1, 4)]


@pytest.fixture(scope="module")
def frames(renderers):
    """(image, label, inverse depth) of one frame of three worlds."""
    return [renderer.draw(3) for renderer in renderers]


def run_lengths(mask):
    """How long the runs of True are, down the columns."""
    edges = np.diff(mask.astype(int), axis=0, prepend=0, append=0).T
    return np.nonzero(edges == -1)[1] - np.nonzero(edges == 1)[1]


def test_wires_and_posts_are_a_pixel_or_a_few_wide(frames):
    labels = [label for _, label, _ in frames]
    wires = np.concatenate([run_lengths(label == WIRES) for label in labels])
    posts = np.concatenate([run_lengths((label == POLES).T) for label in labels])
    assert np.sum(wires <= 3) > 300 and np.sum(posts <= 3) > 100


def test_far_vehicles_are_a_few_pixels_large(frames):
    small = 0
    for _, label, inverse in frames:
        far = (label >= len(CATEGORIES)) & (inverse < 1 / 100)
        _, counts = np.unique(label[far], return_counts=True)
        small += np.sum((counts >= 2) & (counts <= 60))
        assert np.all(inverse[label >= len(CATEGORIES)] > 1 / 320)
    assert small >= 4


def ground_in_shadow(renderer, frame):
    """The points (x, z) of the road that vehicles darken."""
    dark, label, inverse = renderer.draw(frame)
    bright, plain_label, _ = without_vehicles(renderer, frame)
    other = (label != plain_label) | (label != CATEGORIES.index("Road"))
    # Around a vehicle, the blur mixes its colour with that of the road.
    road = ~cv2.dilate(other.astype(np.uint8), np.ones((9, 9))).astype(bool)
    change = bright.astype(int).sum(-1) - dark.astype(int).sum(-1)
    assert change[road].min() > -15
    rows, columns = np.nonzero(road & (change > 30))
    camera = renderer.camera(frame)
    pixels = np.stack([columns, rows, np.ones(len(rows))], 1)
    rays = pixels @ np.linalg.inv(camera.intrinsics).T @ camera.rotation
    points = camera.position + rays / inverse[rows, columns][:, None]
    return points[:, [0, 2]]


def without_vehicles(renderer, frame):
    vehicles, renderer.world.vehicles = renderer.world.vehicles, []
    try:
        return renderer.draw(frame)
    finally:
        renderer.world.vehicles = vehicles


def test_shadows_of_vehicles_drive_along_with_them(renderers):
    renderer = renderers[0]
    places = [ground_in_shadow(renderer, frame) for frame in (0, 8)]
    cells = [set(map(tuple, np.floor(points).astype(int))) for points in places]
    assert min(map(len, cells)) > 10
    assert len(cells[0] & cells[1]) < 0.5 * min(map(len, cells))
    for frame, points in zip((0, 8), places, strict=True):
        vehicles = [vehicle.place(frame / 10) for vehicle in renderer.world.vehicles]
        z = np.array([place[0] for place in vehicles])
        nearest = np.abs(points[:, 1:] - z).min(axis=1)
        assert np.mean(nearest < 8) > 0.95


def test_shadows_of_clouds_drift_over_the_ground(renderers, rng):
    world, weather = renderers[0].world, renderers[0]._weather
    x, z = rng.uniform(-50, 50, (2, 1, 500)).astype(np.float32)
    before = world.ground._light(x, z, weather, 0.0)
    after = world.ground._light(x, z, weather, 2.0)
    assert before.std() > 0.02 and np.abs(after - before).mean() > 0.01
    drift = 2.0 * world.ground._drift
    moved = world.ground._light(x - drift[0], z - drift[1], weather, 2.0)
    np.testing.assert_allclose(moved, before, atol=1e-3)


@pytest.mark.parametrize("variation", VARIATIONS)
def test_rain_alone_has_streaks_that_fall_and_all_have_noise(variation):
    weather = Weather(np.random.default_rng(0), variation)
    grey = np.full((200, 300, 3), 100, np.float32)
    first, second = (
        weather.onto_sensor(np.random.default_rng(seed), grey).astype(float)
        for seed in (0, 1)
    )
    calm = np.abs(first - 100) < 25  # seven times the strongest noise
    assert 1 < first[calm].std() < 5
    assert np.abs(first - second).mean() > 1
    if variation != "rain":
        assert calm.all()
        return
    assert 0.02 < np.mean(~calm) < 0.3 and (first[~calm] > 100).all()
    lengths, widths = run_lengths(~calm[..., 0]), run_lengths(~calm[..., 0].T)
    assert np.median(lengths) > 3 * np.median(widths)
    assert np.mean(calm[..., 0] == (np.abs(second - 100) < 25)[..., 0]) < 0.95


@pytest.mark.parametrize("width, pairs", [(200, 1), (1400, 3)])
def test_motion_blur_is_the_mean_along_the_way_of_a_point(width, pairs, rng):
    canvas = Canvas((9, width), CATEGORIES)
    canvas.inverse_depth[:4] = 1 / 5  # the rest is the sky
    before = Camera(np.zeros(3), np.eye(3), np.diag([100.0, 100.0, 1.0]))
    after = replace(before, position=np.array([0.6, 0, 0]))
    colour = rng.uniform(0, 255, (9, width, 3)).astype(np.float32)
    blurred = _motion_blur(colour, canvas, before, after)
    np.testing.assert_allclose(blurred[4:], colour[4:], atol=0.1)
    # 0.6 metres at a distance of five are 12 pixels, six before and six behind.
    steps = np.arange(-pairs, pairs + 1) * 6 // pairs
    expected = np.mean([np.roll(colour[:4], step, axis=1) for step in steps], axis=0)
    np.testing.assert_allclose(blurred[:4, 9:-9], expected[:, 9:-9], atol=0.1)
