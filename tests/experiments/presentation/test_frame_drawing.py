import numpy as np
import pytest

from data.labels.palette import overlay
from experiments.presentation.flickering_video import FLICKER_COLOUR
from experiments.presentation.frame_drawing import FrameDrawing

PALETTE = ((255, 0, 0), (0, 0, 255))
SIZE = (60, 120)


@pytest.fixture
def image(rng):
    return rng.integers(0, 256, (*SIZE, 3), dtype=np.uint8)


def shows(picture, part):
    """Whether `part` lies somewhere in the picture, pixel by pixel."""
    windows = np.lib.stride_tricks.sliding_window_view(picture, part.shape)
    corner = part[0, 0]
    for top, left in np.argwhere((windows[:, :, 0, 0, 0] == corner).all(-1)):
        if np.array_equal(windows[top, left, 0], part):
            return True
    return False


def test_alone_the_segmentation_has_the_size_of_the_frame(image):
    labels = np.zeros(SIZE, np.uint8)
    picture = FrameDrawing(PALETTE, alpha=0.25).draw(image, labels)
    np.testing.assert_array_equal(picture, overlay(image, labels, PALETTE, 0.25))


def test_panels_show_frame_segmentation_and_changed_pixels(image):
    labels = np.zeros(SIZE, np.uint8)
    after = labels.copy()
    after[10:20, 10:30] = 1
    drawing = FrameDrawing(PALETTE, side_by_side=True, flicker=True)
    first, second = drawing.draw(image, labels), drawing.draw(image, after)
    assert first.shape == second.shape
    assert second.shape[0] > SIZE[0] and second.shape[1] > 3 * SIZE[1]
    assert shows(second, image) and shows(second, overlay(image, after, PALETTE))
    assert not shows(second, overlay(image, labels, PALETTE))
    changed = [(p == FLICKER_COLOUR).all(-1).sum() for p in (first, second)]
    assert changed == [0, 10 * 20]


def test_the_legend_has_every_colour_of_the_palette(image):
    labels = np.zeros(SIZE, np.uint8)
    for names in (None, ("road", "sky")):
        picture = FrameDrawing(PALETTE, names, alpha=0.5, legend=True).draw(
            image, labels
        )
        below = picture[-40:]
        assert all((below == colour).all(-1).any() for colour in PALETTE)
