from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from data.files.image_header import lossy_format
from data.labels.any_encoding import AnyEncoding
from data.labels.encodings import ColourEncoding, IndexEncoding, ids_and_255


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
    with pytest.raises(ValueError, match="holds colours: pass --palette, or use"):
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


def write_paletted(path, indices, palette):
    image = Image.frombytes("P", indices.shape[::-1], indices.tobytes())
    image.putpalette(np.array(palette, np.uint8).tobytes())
    image.save(path)
    return str(path)


CLASS_COLOURS = {(128, 64, 128): 0, (0, 0, 142): 1, (70, 130, 180): 2, (0, 0, 0): 255}


@pytest.mark.parametrize("padding", [0, 250])
def test_a_palette_of_class_colours_in_another_order_decides(padding, tmp_path, rng):
    colours = ColourEncoding(CLASS_COLOURS, "list.txt")
    order = [2, 255, 1, 0]
    by_class = {class_id: colour for colour, class_id in CLASS_COLOURS.items()}
    palette = [by_class[class_id] for class_id in order] + [(0, 0, 0)] * padding
    indices = rng.integers(0, 4, (9, 8), np.uint8)
    path = write_paletted(tmp_path / "a.png", indices, palette)
    for encoding in (AnyEncoding(3, colours=colours), ids_and_255(range(3), colours)):
        np.testing.assert_array_equal(
            encoding.decode(path), np.array(order, np.uint8)[indices]
        )


@pytest.mark.parametrize(
    "palette",
    [
        [(0, 0, 0), (1, 1, 1), (2, 2, 2)],  # grey
        [(0, 0, 0), (128, 0, 0), (0, 128, 0)],  # PASCAL VOC's
        [(0, 0, 0)] * 3,
        [(128, 64, 128), (0, 0, 142), (70, 130, 180), (9, 9, 9)],
    ],
)
def test_a_palette_of_other_colours_decides_nothing(palette, tmp_path, rng):
    colours = ColourEncoding(CLASS_COLOURS, "list.txt")
    indices = rng.integers(0, 3, (9, 8), np.uint8)
    path = write_paletted(tmp_path / "a.png", indices, palette)
    for encoding in (AnyEncoding(3, colours=colours), ids_and_255(range(3), colours)):
        np.testing.assert_array_equal(encoding.decode(path), indices)


@pytest.mark.parametrize(
    "suffix, options, name",
    [
        (".jpg", [cv2.IMWRITE_JPEG_QUALITY, 100], "JPEG"),
        (".webp", [cv2.IMWRITE_WEBP_QUALITY, 90], "lossy WebP"),
        (".jp2", [], "JPEG 2000"),
    ],
)
def test_a_lossy_file_holds_no_labels_whatever_its_name(
    suffix, options, name, tmp_path
):
    ids = np.arange(48, dtype=np.uint8).reshape(6, 8).repeat(16, 0).repeat(16, 1)
    for channels in (1, 3):
        image = ids if channels == 1 else np.stack([ids] * 3, axis=-1)
        path = tmp_path / "a.png"
        path.write_bytes(cv2.imencode(suffix, image, options)[1].tobytes())
        colours = ColourEncoding(CLASS_COLOURS, "list.txt")
        for encoding in (AnyEncoding(48), IndexEncoding(range(48)), colours):
            with pytest.raises(ValueError, match=rf"a\.png is a {name}, in which ids"):
                encoding.decode(str(path))


@pytest.mark.parametrize("suffix", [".webp", ".tiff", ".bmp"])
def test_a_lossless_file_of_another_format_holds_ids(suffix, tmp_path):
    ids = np.arange(48, dtype=np.uint8).reshape(6, 8)
    path = tmp_path / f"a{suffix}"
    if suffix == ".webp":  # which has no grey
        Image.fromarray(ids).convert("RGB").save(path, lossless=True)
        assert lossy_format(path.read_bytes()) is None
    else:
        path.write_bytes(cv2.imencode(suffix, ids)[1].tobytes())
        np.testing.assert_array_equal(AnyEncoding(48).decode(str(path)), ids)


def test_a_tiff_with_a_jpeg_inside_is_lossy(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(np.zeros((16, 16), np.uint8)).save(
        path, format="TIFF", compression="jpeg"
    )
    with pytest.raises(ValueError, match="is a TIFF with jpeg inside"):
        AnyEncoding(48).decode(str(path))
