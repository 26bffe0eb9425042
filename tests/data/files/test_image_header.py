import io

import cv2
import numpy as np
import pytest
from PIL import Image

from data.files.image_header import GREY, PALETTED, RGB, png_header
from data.files.images import decode_plain_png, read_image


def encoded(image, mode=None, **options):
    file = io.BytesIO()
    picture = Image.fromarray(image)
    (picture.convert(mode) if mode else picture).save(file, "PNG", **options)
    return file.getvalue()


@pytest.mark.parametrize("shape", [(5, 7), (1, 1), (5, 7, 3), (64, 33, 3)], ids=str)
def test_plain_files_are_decoded_to_what_was_written(shape, rng):
    # Smooth pictures are stored by other filters than noise is.
    noise = rng.integers(0, 256, shape, np.uint8)
    smooth = np.cumsum(noise, axis=0, dtype=np.uint8)
    for image in (noise, smooth):
        pixels = decode_plain_png(encoded(image, optimize=True))
        assert pixels.dtype == np.uint8
        np.testing.assert_array_equal(pixels, image)


def test_everything_else_is_left_to_opencv(rng):
    image = rng.integers(0, 256, (20, 21, 3), np.uint8)
    orientation = Image.Exif()
    orientation[0x0112] = 6
    whole = encoded(image)
    others = {
        "paletted": encoded(image, "P"),
        "1 bit": encoded(image, "1"),
        "RGBA": encoded(image, "RGBA"),
        "16 bits": cv2.imencode(".png", image.astype(np.uint16))[1].tobytes(),
        "transparent colour": encoded(image, transparency=(0, 0, 0)),
        "turned": encoded(image, exif=orientation),
        "JPEG": cv2.imencode(".jpg", image)[1].tobytes(),
        "cut off": whole[:-40],
        "header alone": whole[:33],
        "half a header": whole[:27],
        "damaged": whole[:60] + b"\xff" * 20 + whole[80:],
        "nothing": b"",
    }
    for name, content in others.items():
        assert decode_plain_png(content) is None, name


def test_turned_png_is_read_upright(tmp_path, rng):
    image = rng.integers(0, 256, (4, 6, 3), np.uint8)
    orientation = Image.Exif()
    orientation[0x0112] = 6  # the camera was turned by a quarter
    path = tmp_path / "turned.png"
    path.write_bytes(encoded(image, exif=orientation))
    np.testing.assert_array_equal(read_image(str(path)), np.rot90(image, -1))


def test_header_tells_bits_and_colour_type(rng):
    image = rng.integers(0, 256, (4, 6, 3), np.uint8)
    assert png_header(encoded(image)) == (8, RGB)
    assert png_header(encoded(image, "L")) == (8, GREY)
    assert png_header(encoded(image, "1")) == (1, GREY)
    assert png_header(encoded(image, "P"))[1] == PALETTED
    assert png_header(b"GIF89a") == (None, None)
    assert png_header(encoded(image)[:25]) == (None, None)
