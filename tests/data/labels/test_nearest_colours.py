import numpy as np
import pytest

from data.labels.nearest_colours import NearestColours

COLOURS = {(250, 0, 0): 3, (0, 250, 0): 0, (0, 0, 250): 255, (0, 0, 240): 7}


def naive(frame):
    ids = np.empty(frame.shape[:2], np.uint8)
    for y, x in np.ndindex(ids.shape):
        distances = {
            i: sum((int(a) - b) ** 2 for a, b in zip(frame[y, x], c, strict=True))
            for c, i in COLOURS.items()
        }
        ids[y, x] = min(distances, key=distances.get)
    return ids


@pytest.mark.parametrize("size", [(1, 1), (7, 13)])
def test_every_pixel_gets_the_nearest_colours_class(size, rng):
    frame = rng.integers(0, 256, (*size, 3), np.uint8)
    nearest = NearestColours(COLOURS, "list", tolerance=500)
    for _ in range(2):  # the second time from memory
        np.testing.assert_array_equal(nearest.decode(frame, "f"), naive(frame))


def test_some_pixels_between_classes_are_suffered_and_many_are_not():
    frame = np.full((10, 10, 3), (245, 5, 5), np.uint8)
    frame[0, :] = 125, 125, 0
    nearest = NearestColours(COLOURS, "list.txt")
    assert nearest.decode(frame, "Frame 3 of v.mp4").shape == (10, 10)
    frame[1, 2] = 125, 124, 0
    with pytest.raises(ValueError) as error:
        nearest.decode(frame, "Frame 3 of v.mp4")
    assert str(error.value) == (
        "Frame 3 of v.mp4 is no map of classes: 11 % of its pixels, such as "
        "(125, 125, 0) at row 0, column 0, are further than 32 from every colour of "
        "list.txt"
    )


@pytest.mark.parametrize("distance, is_far", [(32, False), (33, True)])
def test_the_tolerance_is_a_distance_of_colours(distance, is_far):
    frame = np.full((2, 2, 3), (0, 250 - distance, 0), np.uint8)
    nearest = NearestColours(COLOURS, "list", tolerance=32)
    if is_far:
        with pytest.raises(ValueError, match="100 % of its pixels"):
            nearest.decode(frame, "f")
    else:
        assert (nearest.decode(frame, "f") == 0).all()
