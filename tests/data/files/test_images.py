import os
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from data.files.flow_file import read_flow
from data.files.image_header import header_size
from data.files.images import (
    MAX_PIXELS,
    read_image,
    read_undamaged_image,
    resize_image,
    turned_by_exif,
)
from data.labels.id_png import read_ids


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
def test_read_image_refuses_a_file_that_is_cut_off(kept, tmp_path, rng, capfd):
    image = rng.integers(0, 256, (20, 20, 3), np.uint8)
    path = tmp_path / "a.png"
    path.write_bytes(cv2.imencode(".png", image)[1].tobytes()[:kept])
    with pytest.raises(ValueError, match=r"a\.png cannot be read as an image"):
        read_image(str(path))
    assert not capfd.readouterr().err  # OpenCV says nothing else


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


def png_that_promises(height, width):
    """A PNG of one pixel, whose header says something else."""
    encoded = bytearray(cv2.imencode(".png", np.zeros((1, 1, 3), np.uint8))[1])
    encoded[16:24] = struct.pack(">II", width, height)
    encoded[29:33] = struct.pack(">I", zlib.crc32(encoded[12:29]))
    return bytes(encoded)


def jpeg_that_promises(height, width):
    encoded = bytearray(cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1])
    start = encoded.index(b"\xff\xc0")
    encoded[start + 5 : start + 9] = struct.pack(">HH", height, width)
    return bytes(encoded)


@pytest.mark.parametrize(
    "encoded",
    [
        png_that_promises(30_000, 40_000),
        jpeg_that_promises(30_000, 40_000),
        b"BM" + struct.pack("<IIIIiiHH24x", 99, 0, 54, 40, 40_000, 30_000, 1, 24),
    ],
    ids=["png", "jpg", "bmp"],
)
def test_too_many_pixels_are_refused_by_the_header(encoded, tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(encoded)
    monkeypatch.setattr(cv2, "imdecode", None)  # would be called by decoding
    for read in (read_image, read_ids, read_undamaged_image):
        with pytest.raises(ValueError, match=r"a\.png .*pixels are more than the \d+ "):
            read(str(path))


def test_the_largest_image_allowed_is_not_refused():
    side = int(MAX_PIXELS**0.5)
    assert header_size(png_that_promises(side, side)) == (side, side)
    assert header_size(jpeg_that_promises(2160, 3840)) == (2160, 3840)


@pytest.mark.parametrize("read", [read_image, read_ids, read_flow])
def test_a_named_pipe_in_the_place_of_an_image_does_not_block(read, tmp_path):
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"a\.png .* it is not a regular file"):
        read(str(tmp_path / "a.png"))


def photograph(rng):
    image = cv2.resize(rng.integers(0, 256, (12, 18, 3), np.uint8), (360, 240))
    return image, cv2.imencode(".jpg", image)[1].tobytes()


@pytest.mark.parametrize("progressive", [0, 1])
def test_a_jpeg_that_is_half_decoded_is_named(progressive, tmp_path, rng, capfd):
    image, _ = photograph(rng)
    options = [cv2.IMWRITE_JPEG_PROGRESSIVE, progressive]
    encoded = cv2.imencode(".jpg", image, options)[1].tobytes()
    half = len(encoded) // 2
    damaged = {
        "cut.jpg": encoded[:half] + b"\xff\xd9",
        "zeros.jpg": encoded[:half] + bytes(300) + encoded[half + 300 :],
    }
    for name, content in damaged.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(
            ValueError,
            match=rf"{name} .* only a part of it can be decoded \(\w+.* JPEG",
        ):
            read_undamaged_image(str(tmp_path / name))
    assert capfd.readouterr().err == ""


def test_a_whole_jpeg_is_not_called_damaged(tmp_path, rng, capfd):
    _, encoded = photograph(rng)
    for tail in (b"", b"what some cameras add"):
        (tmp_path / "a.jpg").write_bytes(encoded + tail)
        image = read_undamaged_image(str(tmp_path / "a.jpg"))
        np.testing.assert_array_equal(image, read_image(str(tmp_path / "a.jpg")))
    os.write(2, b"still heard\n")
    assert capfd.readouterr().err == "still heard\n"


def test_only_files_with_an_orientation_are_turned(tmp_path, rng):
    picture = Image.fromarray(rng.integers(0, 256, (4, 6, 3), np.uint8))
    for kind in ("jpeg", "png", "webp", "tiff"):
        for orientation in (None, 1, 3, 6):
            exif = Image.Exif()
            if orientation:
                exif[0x0112] = orientation
            path = str(tmp_path / f"a.{kind}")
            picture.save(path, exif=exif)
            assert turned_by_exif(path) == (orientation in (3, 6)), (kind, orientation)
            upright = (6, 4, 3) if orientation == 6 else (4, 6, 3)
            assert read_image(path).shape == upright


def test_a_png_with_a_damaged_name_of_a_chunk_is_named(tmp_path):
    path = tmp_path / "a.png"
    write_rgb(path, np.zeros((4, 6, 3), np.uint8))
    encoded = path.read_bytes()
    place = encoded.index(b"IDAT")
    path.write_bytes(encoded[:place] + b"\x9bDAT" + encoded[place + 4 :])
    for read in (read_image, read_ids):
        with pytest.raises(ValueError, match=r"a\.png cannot be read as an image"):
            read(str(path))
