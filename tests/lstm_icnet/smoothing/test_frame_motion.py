import cv2
import numpy as np
import pytest
from moving_texture import moving_texture

from lstm_icnet.smoothing import FrameMotion, GridMotion


@pytest.mark.parametrize("shift", [(0, 0), (3, -4), (-5, 2), (1, 7)])
@pytest.mark.parametrize("size", [(180, 240), (360, 480)], ids=["full", "half"])
def test_a_known_shift_is_found_on_the_grid(size, shift, rng):
    first, second = moving_texture(rng, size, [(0, 0), shift])
    motion = FrameMotion()
    assert motion.update(first, (46, 61)) is None
    found = motion.update(second, (46, 61))
    rows, columns = np.indices((46, 61))
    # What is at a pixel now was `shift` further in the frame before; the grid has its
    # corners on the image's.
    y_error = found.points[..., 1] - rows - shift[0] * 45 / (size[0] - 1)
    x_error = found.points[..., 0] - columns - shift[1] * 60 / (size[1] - 1)
    assert found.known.mean() > 0.85
    for error in (y_error, x_error):
        assert np.median(np.abs(error[found.known])) < 0.05
        assert np.quantile(np.abs(error[found.known]), 0.95) < 0.3


def test_points_from_outside_the_frame_before_are_not_known(rng):
    first, second = moving_texture(rng, (180, 240), [(0, 0), (0, 12)])
    motion = FrameMotion()
    motion.update(first, (180, 240))
    known = motion.update(second, (180, 240)).known
    assert not known[:, -11:].any()
    assert known[:, 10:-25].mean() > 0.95


def test_what_was_hidden_before_is_not_known(rng):
    first, second = moving_texture(rng, (180, 240), [(0, 0), (2, 2)])
    second[60:120, 80:160] = 255
    motion = FrameMotion()
    motion.update(first, (180, 240))
    known = motion.update(second, (180, 240)).known
    assert known[70:110, 90:150].mean() < 0.2
    assert known[:40].mean() > 0.9


def test_a_warp_is_bilinear_interpolation_at_the_source(rng):
    first, second = moving_texture(rng, (180, 240), [(0, 0), (3, -4)])
    motion = FrameMotion()
    motion.update(first, (46, 61))
    found = motion.update(second, (46, 61))
    # In a plane, bilinear interpolation is exact.
    rows, columns = np.indices((46, 61))
    past = np.stack([0.1 * rows - 0.2 * columns, 0.05 * columns], -1).astype("float32")
    x, y = np.moveaxis(found.points, -1, 0)
    expected = np.stack([0.1 * y - 0.2 * x, 0.05 * x], -1)
    # OpenCV rounds positions to 1/32 of a grid point.
    error = np.abs(found.warp(past) - expected)[found.known]
    assert error.max() < 0.3 / 32


@pytest.mark.parametrize("channels", [(), (1,), (11,), (200,), (3, 40)])
def test_only_what_is_not_known_is_replaced(channels, rng):
    known = rng.random((9, 7)) < 0.5
    motion = GridMotion(np.zeros((9, 7, 2), "float32"), known)
    warped, current = rng.random((2, 9, 7, *channels)).astype("float32")
    expected = warped.copy()
    for row, column in np.argwhere(~known):
        expected[row, column] = current[row, column]
    motion.replace_unknown(warped, current)
    np.testing.assert_array_equal(warped, expected)


def test_another_size_or_a_reset_starts_anew(rng):
    large, second = moving_texture(rng, (64, 80), [(0, 0), (1, 1)])
    motion = FrameMotion()
    motion.update(large, (8, 10))
    assert motion.update(cv2.resize(second, (40, 32)), (8, 10)) is None
    assert motion.update(cv2.resize(second, (40, 32)), (8, 10)) is not None
    motion.reset()
    assert motion.update(cv2.resize(second, (40, 32)), (8, 10)) is None


@pytest.mark.parametrize("size", [(16, 16), (16, 900), (17, 4000), (500, 16)])
def test_small_and_narrow_images_are_taken(size, rng):
    motion = FrameMotion()
    for image in moving_texture(rng, size, [(0, 0), (1, 0)]):
        found = motion.update(image, (4, 5))
    assert found.points.shape == (4, 5, 2)
    assert found.known.shape == (4, 5)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((15, 20, 3), "uint8"),
        np.zeros((20, 20), "uint8"),
        np.zeros((20, 20, 4), "uint8"),
        np.zeros((20, 20, 3), "float32"),
        None,
    ],
    ids=["small", "grey", "rgba", "float", "none"],
)
def test_what_is_no_image_is_refused(image):
    with pytest.raises(ValueError, match=r"`image` must .*Received: shape="):
        FrameMotion().update(image, (4, 5))
