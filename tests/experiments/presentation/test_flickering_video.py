import numpy as np
import pytest

from experiments.presentation.flickering_video import (
    FLICKER_COLOUR,
    SCENE_COLOUR,
    FlickeringVideo,
)

GREY = np.full((2, 4, 3), 100, np.uint8)


def marked(picture, colour):
    return (picture == colour).all(-1)


def test_pixels_whose_class_changed_are_marked_and_counted():
    before = np.zeros((2, 4), np.uint8)
    after = before.copy()
    after[0, :2] = 1
    video = FlickeringVideo()
    first = video.draw(GREY, before)
    assert video.mfip() is None
    assert (first == first[0, 0, 0]).all() and first[0, 0, 0] < 100
    second = video.draw(GREY, after)
    np.testing.assert_array_equal(marked(second, FLICKER_COLOUR), after == 1)
    assert video.mfip() == pytest.approx(1000 * 2 / 8)
    video.draw(GREY, after)
    assert video.mfip() == pytest.approx(1000 * 2 / 16)


def test_changes_of_the_scene_have_another_colour():
    before = np.zeros((2, 4), np.uint8)
    after, label = before.copy(), before.copy()
    after[0, :2] = 1
    label[:, 1] = 1  # one of the two changed pixels, and one that did not change
    video = FlickeringVideo()
    video.draw(GREY, before, before)
    picture = video.draw(GREY, after, label)
    assert np.argwhere(marked(picture, FLICKER_COLOUR)).tolist() == [[0, 0]]
    assert np.argwhere(marked(picture, SCENE_COLOUR)).tolist() == [[0, 1]]
