import itertools

import numpy as np
import pytest

from data.synthetic.imaging.weather import VARIATIONS
from data.synthetic.render import CATEGORIES, Renderer

SIZE = (96, 160)


def class_of(renderer, label):
    """The label with every car's and van's number taken off, as an array of names."""
    names = np.array([name.split(":")[0] for name in renderer.names])
    return names[label]


@pytest.fixture(scope="module")
def renderer():
    return Renderer(seed=3, world=1, variation="clone", num_frames=20, image_size=SIZE)


@pytest.mark.parametrize("variation", VARIATIONS)
def test_a_frame_has_an_image_a_label_and_depths(variation):
    image, label, inverse_depth = Renderer(0, 7, variation, 2, (49, 83)).draw(1)
    assert image.shape == (49, 83, 3) and image.dtype == np.uint8
    assert label.shape == (49, 83)
    assert inverse_depth.shape == (49, 83) and np.all(inverse_depth >= 0)
    assert image.std() > 5


def test_the_same_seed_draws_the_same_frame_in_any_order(renderer):
    again = Renderer(3, 1, "clone", 20, SIZE)
    late = again.draw(9)
    early = again.draw(4)
    for frame, drawn in ((4, early), (9, late)):
        for one, other in zip(renderer.draw(frame), drawn, strict=True):
            np.testing.assert_array_equal(one, other)


def test_another_seed_or_world_is_another_scene(renderer):
    label = renderer.draw(0)[1]
    for seed, world in ((4, 1), (3, 2)):
        assert (
            np.mean(Renderer(seed, world, "clone", 20, SIZE).draw(0)[1] != label) > 0.1
        )


def test_the_weather_changes_the_image_and_not_the_label(renderer):
    image, label, _ = renderer.draw(5)
    for variation in VARIATIONS[1:]:
        other, same, _ = Renderer(3, 1, variation, 20, SIZE).draw(5)
        np.testing.assert_array_equal(same, label)
        assert np.abs(other.astype(int) - image).mean() > 5


def test_all_fourteen_classes_occur_in_any_few_worlds():
    seen = set()
    for world in range(1, 4):
        renderer = Renderer(0, world, "clone", 20, SIZE)
        for frame in (0, 19):
            seen |= set(np.unique(class_of(renderer, renderer.draw(frame)[1])))
    assert seen == {*CATEGORIES, "Car", "Van"}


def test_every_car_and_van_has_a_number_of_its_own(renderer):
    instances = renderer.names[len(CATEGORIES) :]
    assert len(set(instances)) == len(instances) > 4
    assert {name.split(":")[0] for name in instances} == {"Car", "Van"}


def test_consecutive_frames_differ_but_little(renderer):
    frames = [renderer.draw(frame) for frame in range(6)]
    distant = renderer.draw(19)
    for (image, label, _), (later, later_label, _) in itertools.pairwise(frames):
        change = np.mean(label != later_label)
        assert 0 < change < 0.25
        assert change < np.mean(label != distant[1])
        assert 0 < np.abs(later.astype(int) - image).mean() < 30


def test_labels_are_those_of_the_points_seen_before(renderer):
    # A point of a thing at rest that is seen in two frames has one label: carry every
    # pixel's point to the next frame by the depths, keep those that lie there, too.
    for frame in (3, 11):
        _, label, inverse = renderer.draw(frame)
        _, later, later_inverse = renderer.draw(frame + 1)
        before, after = renderer.camera(frame), renderer.camera(frame + 1)
        height, width = SIZE
        rays = np.stack(
            before.rays(np.arange(width, dtype=float), np.arange(height, dtype=float)),
            -1,
        )
        near = (inverse > 1 / 40) & ~np.isin(
            class_of(renderer, label), ["Car", "Van", "Truck"]
        )
        points = before.position + rays[near] / inverse[near][:, None]
        pixels = after.to_pixels(points)
        x, y = np.round(pixels[:, :2] / pixels[:, 2:]).astype(int).T
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        x, y, depth = x[inside], y[inside], pixels[inside, 2]
        still_seen = np.abs(later_inverse[y, x] * depth - 1) < 0.02
        same = later[y, x] == label[near][inside]
        assert np.mean(still_seen) > 0.7
        # Rounding to whole pixels mixes labels along the borders.
        assert np.mean(same[still_seen]) > 0.95


def test_the_nearest_thing_is_what_a_pixel_shows(renderer):
    # The ground alone is never nearer than the frame with everything on it.
    _, _, inverse = renderer.draw(2)
    camera = renderer.camera(2)
    height, width = SIZE
    _, y, _ = camera.rays(
        np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    )
    ground = np.maximum(-y / camera.position[1], 0)
    # Rows less than a thousandth of a radian below the horizon count as far away.
    assert np.all(inverse >= ground - 1e-3)


def test_what_lies_ahead_grows(renderer):
    # The camera drives forward: the ground that a fixed patch of the world covers in
    # the picture grows from frame to frame.
    patch = np.array([[0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 0, 1]], float)
    start = renderer.camera(0).position
    patch += [start[0], 0, start[2] + 40]
    areas = []
    for frame in range(0, 20, 3):
        pixels = renderer.camera(frame).to_pixels(patch)
        x, y = (pixels[:, :2] / pixels[:, 2:]).T
        areas.append(0.5 * abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)))
    assert all(one < other for one, other in itertools.pairwise(areas))


def test_fog_takes_the_contrast_of_what_is_far():
    image, _, inverse = Renderer(3, 1, "fog", 20, SIZE).draw(0)
    clear = Renderer(3, 1, "clone", 20, SIZE).draw(0)[0]
    far = (inverse < 1 / 60) & (inverse > 1 / 150)
    assert image[far].std(axis=0).mean() < 0.7 * clear[far].std(axis=0).mean()
