from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from data.labels.any_encoding import AnyEncoding
from data.labels.encodings import ColourEncoding


@pytest.fixture
def write(tmp_path):
    def write(array):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.png"
        cv2.imwrite(str(path), array)
        return str(path)

    return write


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("size", [(1, 1), (13, 21)])
def test_ids_of_8_and_16_bits(dtype, size, write, rng):
    ids = rng.integers(0, 19, size).astype(dtype)
    ids[0, 0] = 255
    for encoding in (AnyEncoding(), AnyEncoding(19)):
        labels = encoding.decode(write(ids))
        assert labels.dtype == np.uint8
        np.testing.assert_array_equal(labels, ids)


def test_indices_of_a_palette(tmp_path, rng):
    ids = rng.integers(0, 21, (30, 40), np.uint8)
    image = Image.frombytes("P", (40, 30), ids.tobytes())
    image.putpalette(rng.bytes(768))
    image.save(tmp_path / "a.png")
    np.testing.assert_array_equal(AnyEncoding(21).decode(str(tmp_path / "a.png")), ids)


def test_ignored_ids_become_255(write):
    ids = np.array([[0, 1, 11, 65535]], np.uint16)
    labels = AnyEncoding(11, (11, 65535)).decode(write(ids))
    assert labels.tolist() == [[0, 1, 255, 255]]
    ids = np.array([[0, 1, 11]], np.uint8)
    assert AnyEncoding(11, (0, 11)).decode(write(ids)).tolist() == [[255, 1, 255]]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_an_unknown_id_names_file_and_id(dtype, write):
    path = write(np.array([[0, 1, 19]], dtype))
    with pytest.raises(ValueError) as error:
        AnyEncoding(19).decode(path)
    assert str(error.value) == (
        f"{path} holds the id 19; ids are 0..18, or 255 for no class"
    )
    with pytest.raises(ValueError, match=r"holds the id 255; .* or 11 for no class"):
        AnyEncoding(11, (11,)).decode(write(np.array([[0, 255]], dtype)))


def test_colours_where_they_are_known(write):
    bgr = np.array([[[0, 0, 255], [255, 0, 0]]], np.uint8)
    colours = ColourEncoding({(255, 0, 0): 0, (0, 0, 255): 1}, "list.txt")
    assert AnyEncoding(colours=colours).decode(write(bgr)).tolist() == [[0, 1]]
    grey = np.array([[0, 1]], np.uint8)
    assert AnyEncoding(colours=colours).decode(write(grey)).tolist() == [[0, 1]]
    with pytest.raises(ValueError, match=r"\(1, 2, 3\) at row 0.* list\.txt"):
        AnyEncoding(colours=colours).decode(write(np.full((1, 1, 3), (3, 2, 1), "u1")))
    with pytest.raises(ValueError, match="holds colours; a palette must say"):
        AnyEncoding().decode(write(bgr))


def test_broken_files_are_named(write, tmp_path):
    path = write(np.zeros((40, 40), np.uint8))
    data = Path(path).read_bytes()
    for content in (b"", data[:30], b"no image at all"):
        Path(path).write_bytes(content)
        with pytest.raises(ValueError, match=r"png cannot be read as an image"):
            AnyEncoding().decode(path)
    with pytest.raises(FileNotFoundError, match=r"x\.png is missing"):
        AnyEncoding().decode(str(tmp_path / "x.png"))
