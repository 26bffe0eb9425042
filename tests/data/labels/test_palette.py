import numpy as np
import pytest

from data.labels.palette import colourise, overlay

PALETTE = ((10, 20, 30), (200, 0, 50))


def test_colourise_paints_classes_and_leaves_ignored_pixels_black():
    labels = np.array([[[0, 1]], [[255, 0]]], np.uint8)
    picture = colourise(labels, PALETTE)
    assert picture.dtype == np.uint8
    expected = [[[(10, 20, 30), (200, 0, 50)]], [[(0, 0, 0), (10, 20, 30)]]]
    np.testing.assert_array_equal(picture, expected)


def test_colourise_refuses_a_label_without_a_colour():
    with pytest.raises(ValueError, match=r"below 2, the size of the palette.*: 7"):
        colourise(np.array([[0, 7]], np.uint8), PALETTE)


def test_colourise_takes_a_full_palette():
    palette = [(i, 0, 0) for i in range(255)]
    assert colourise(np.array([[254]], np.uint8), palette)[0, 0, 0] == 254


def test_overlay_mixes_by_alpha_and_leaves_ignored_pixels_alone():
    image = np.full((1, 3, 3), 100, np.uint8)
    labels = np.array([[0, 1, 255]], np.uint8)
    mixed = overlay(image, labels, PALETTE, alpha=0.25)
    assert mixed.dtype == np.uint8
    # 3/4 of 100 and 1/4 of the colour, halves to the even number.
    expected = [[(78, 80, 82), (125, 75, 88), (100, 100, 100)]]
    np.testing.assert_array_equal(mixed, expected)


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_overlay_shows_the_image_alone_or_the_labels_alone(alpha, rng):
    image = rng.integers(0, 256, (5, 7, 3), np.uint8)
    labels = rng.integers(0, 2, (5, 7), np.uint8)
    expected = colourise(labels, PALETTE) if alpha else image
    np.testing.assert_array_equal(overlay(image, labels, PALETTE, alpha), expected)
