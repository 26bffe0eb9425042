import cv2
import numpy as np
import pytest

from data.files.images import read_image, resize_image


def write_rgb(path, image):
    cv2.imwrite(str(path), image[..., ::-1])


def test_read_image_gives_the_rgb_that_was_written(tmp_path, rng):
    image = rng.integers(0, 256, (5, 7, 3), np.uint8)
    write_rgb(tmp_path / "a.png", image)
    read = read_image(str(tmp_path / "a.png"))
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, image)


def test_read_image_takes_names_beyond_ascii(tmp_path, rng):
    image = rng.integers(0, 256, (5, 7, 3), np.uint8)
    path = tmp_path / "Straße 道路.png"
    path.write_bytes(cv2.imencode(".png", image[..., ::-1])[1].tobytes())
    np.testing.assert_array_equal(read_image(str(path)), image)


def test_read_image_makes_rgb_of_grey_rgba_and_16_bit(tmp_path, rng):
    grey = rng.integers(0, 256, (5, 7), np.uint8)
    bgra = rng.integers(0, 256, (5, 7, 4), np.uint8)
    deep = rng.integers(0, 256, (5, 7, 3), np.uint16) * 257
    for name, image in (("grey", grey), ("bgra", bgra), ("deep", deep)):
        cv2.imwrite(str(tmp_path / f"{name}.png"), image)
    read = {n: read_image(str(tmp_path / f"{n}.png")) for n in ("grey", "bgra", "deep")}
    np.testing.assert_array_equal(read["grey"], np.stack([grey] * 3, axis=-1))
    np.testing.assert_array_equal(read["bgra"], bgra[..., 2::-1])
    np.testing.assert_array_equal(read["deep"], (deep // 257)[..., ::-1])


def test_read_image_names_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.png is missing"):
        read_image(str(tmp_path / "nowhere.png"))


@pytest.mark.parametrize("kept", [0, 4, 60, -30], ids=["0", "4", "60", "all but 30"])
def test_read_image_refuses_a_file_that_is_cut_off(kept, tmp_path, rng):
    image = rng.integers(0, 256, (20, 20, 3), np.uint8)
    path = tmp_path / "a.png"
    path.write_bytes(cv2.imencode(".png", image)[1].tobytes()[:kept])
    with pytest.raises(ValueError, match=r"a\.png cannot be read as an image"):
        read_image(str(path))


def test_read_image_refuses_text_and_folders(tmp_path):
    (tmp_path / "text.png").write_text("not an image")
    (tmp_path / "folder.png").mkdir()
    for name in ("text", "folder"):
        with pytest.raises(ValueError, match=rf"{name}\.png cannot be read as an"):
            read_image(str(tmp_path / f"{name}.png"))


def bilinear(image, height, width):
    """Half-pixel centres, edge pixels repeated, in float64."""

    def taps(source, target):
        position = (np.arange(target) + 0.5) * source / target - 0.5
        low = np.floor(position).astype(int)
        weight = position - low
        return low.clip(0, source - 1), (low + 1).clip(0, source - 1), weight

    top, bottom, y = taps(image.shape[0], height)
    left, right, x = taps(image.shape[1], width)
    y, x = y[:, None, None], x[None, :, None]
    rows = image[top] * (1 - y) + image[bottom] * y
    return rows[:, left] * (1 - x) + rows[:, right] * x


@pytest.mark.parametrize("size", [(9, 14), (4, 5), (13, 7)])
def test_resize_image_is_bilinear_between_pixel_centres(size, rng):
    image = rng.integers(0, 256, (9, 14, 3), np.uint8)
    expected = bilinear(image.astype(np.float64), *size)
    # OpenCV works with 11-bit weights and rounds once.
    np.testing.assert_allclose(resize_image(image, size), expected, atol=1)
