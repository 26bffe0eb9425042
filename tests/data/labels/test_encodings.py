import struct
import time
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from data.labels.encodings import ColourEncoding, IndexEncoding, resize_label

COLOURS = {
    (210, 0, 200): 7,
    (90, 200, 255): 6,
    (0, 0, 0): 255,
    (200, 200, 200): 2,
    (200, 200, 201): 2,
    (255, 255, 255): 12,
}


def paint(ids, colours):
    """RGB picture of indices into a list of colours."""
    return np.array(colours, np.uint8)[ids]


def write_png(path, ids, bit_depth, colour_type, **chunks):
    """Writes a PNG as its standard says: samples packed into bytes, rows unfiltered.

    Args:
        chunks: Chunks between header and pixels, by name.
    """
    bits = np.unpackbits(ids[..., np.newaxis], axis=-1)[..., 8 - bit_depth :]
    rows = np.packbits(bits.reshape(len(ids), -1), axis=1)
    pixels = np.pad(rows, ((0, 0), (1, 0))).tobytes()  # each row begins with filter 0
    height, width = ids.shape
    header = struct.pack(">IIBBBBB", width, height, bit_depth, colour_type, 0, 0, 0)
    file = b"\x89PNG\r\n\x1a\n"
    for name, data in {
        "IHDR": header,
        **chunks,
        "IDAT": zlib.compress(pixels),
        "IEND": b"",
    }.items():
        chunk = name.encode() + data
        file += struct.pack(">I", len(data)) + chunk
        file += struct.pack(">I", zlib.crc32(chunk))
    path.write_bytes(file)


def test_index_encoding_maps_ids_by_its_table(tmp_path, rng):
    ids = rng.integers(0, 4, (6, 9), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), ids)
    labels = IndexEncoding([5, 0, 255, 3]).decode(str(tmp_path / "a.png"))
    assert labels.dtype == np.uint8
    np.testing.assert_array_equal(labels, np.array([5, 0, 255, 3])[ids])


def test_index_encoding_may_allow_all_256_ids(tmp_path):
    ids = np.arange(256, dtype=np.uint8).reshape(16, 16)
    cv2.imwrite(str(tmp_path / "a.png"), ids)
    labels = IndexEncoding(range(256)).decode(str(tmp_path / "a.png"))
    np.testing.assert_array_equal(labels, ids)


@pytest.mark.parametrize("value", [2, 12, 255])
def test_index_encoding_names_file_and_value_that_is_not_allowed(value, tmp_path):
    ids = np.zeros((6, 9), np.uint8)
    ids[3, 4] = value
    cv2.imwrite(str(tmp_path / "a.png"), ids)
    with pytest.raises(ValueError) as error:
        IndexEncoding([0, 1, -1, 2, 3]).decode(str(tmp_path / "a.png"))
    assert str(error.value) == (
        f"{tmp_path / 'a.png'} holds the label value {value}; the values allowed are "
        f"0..1, 3..4"
    )


@pytest.mark.parametrize("transparent", [False, True], ids=["opaque", "transparent"])
@pytest.mark.parametrize("bit_depth", [1, 2, 4, 8])
def test_index_encoding_reads_the_indices_of_a_palette(
    bit_depth, transparent, tmp_path, rng
):
    ids = rng.integers(0, 2**bit_depth, (13, 21), np.uint8)
    chunks = {"PLTE": rng.bytes(3 * 2**bit_depth)}
    if transparent:
        chunks["tRNS"] = rng.bytes(2)
    write_png(tmp_path / "a.png", ids, bit_depth, 3, **chunks)
    labels = IndexEncoding(range(256)).decode(str(tmp_path / "a.png"))
    assert labels.dtype == np.uint8
    np.testing.assert_array_equal(labels, ids)


@pytest.mark.parametrize("bit_depth", [1, 2, 4, 8])
def test_index_encoding_reads_grey_of_few_bits_as_it_is_stored(
    bit_depth, tmp_path, rng
):
    ids = rng.integers(0, 2**bit_depth, (13, 21), np.uint8)
    write_png(tmp_path / "a.png", ids, bit_depth, 0)
    labels = IndexEncoding(range(256)).decode(str(tmp_path / "a.png"))
    np.testing.assert_array_equal(labels, ids)


def test_index_encoding_reads_a_palette_that_another_tool_wrote(tmp_path, rng):
    ids = rng.integers(0, 21, (30, 40), np.uint8)
    ids[0, 0] = 255
    image = Image.frombytes("P", (40, 30), ids.tobytes())
    image.putpalette(rng.bytes(768))
    image.save(tmp_path / "a.png", optimize=True)
    table = [*range(21), *[-1] * 234, 255]
    labels = IndexEncoding(table).decode(str(tmp_path / "a.png"))
    np.testing.assert_array_equal(labels, ids)


def test_index_encoding_names_file_and_index_that_is_not_allowed(tmp_path):
    ids = np.full((6, 9), 3, np.uint8)
    write_png(tmp_path / "a.png", ids, 2, 3, PLTE=bytes(12))
    with pytest.raises(
        ValueError, match=r"a\.png holds the label value 3; .* are 0\.\.2"
    ):
        IndexEncoding([0, 1, 2]).decode(str(tmp_path / "a.png"))


def test_index_encoding_names_a_palette_file_that_is_cut_off(tmp_path, rng):
    path = tmp_path / "a.png"
    ids = rng.integers(0, 256, (40, 50), np.uint8)
    write_png(path, ids, 8, 3, PLTE=rng.bytes(768))
    whole = path.read_bytes()
    for length in (8, 20, 26, 33, 40, 500, len(whole) // 2, len(whole) - 40):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"a\.png cannot be read as an image"):
            IndexEncoding(range(256)).decode(str(path))


def test_index_encoding_refuses_colours_alpha_and_16_bit(tmp_path):
    cv2.imwrite(str(tmp_path / "colour.png"), np.zeros((4, 4, 3), np.uint8))
    cv2.imwrite(str(tmp_path / "deep.png"), np.zeros((4, 4), np.uint16))
    cv2.imwrite(str(tmp_path / "rgba.png"), np.zeros((4, 4, 4), np.uint8))
    encoding = IndexEncoding([0])
    with pytest.raises(ValueError, match=r"rgba\.png must be .* 4 channels of uint8"):
        encoding.decode(str(tmp_path / "rgba.png"))
    with pytest.raises(ValueError, match=r"colour\.png must be .* 3 channels of uint8"):
        encoding.decode(str(tmp_path / "colour.png"))
    with pytest.raises(ValueError, match=r"deep\.png must be .* 1 channels of uint16"):
        encoding.decode(str(tmp_path / "deep.png"))


def test_index_encoding_refuses_more_ids_than_a_byte_holds():
    with pytest.raises(ValueError, match="at most 256 ids"):
        IndexEncoding(range(257))


@pytest.mark.parametrize("size", [(1, 1), (1, 8), (7, 1), (13, 17)])
def test_colour_encoding_maps_every_colour(size, tmp_path, rng):
    ids = rng.integers(0, len(COLOURS), size)
    cv2.imwrite(str(tmp_path / "a.png"), paint(ids, list(COLOURS))[..., ::-1])
    labels = ColourEncoding(COLOURS, "list.txt").decode(str(tmp_path / "a.png"))
    assert labels.dtype == np.uint8
    np.testing.assert_array_equal(labels, np.array(list(COLOURS.values()))[ids])


def test_colour_encoding_reads_palettes_and_leaves_alpha_out(tmp_path, rng):
    ids = rng.integers(0, len(COLOURS), (13, 21), np.uint8)
    write_png(tmp_path / "p.png", ids, 4, 3, PLTE=np.uint8(list(COLOURS)).tobytes())
    picture = paint(ids, list(COLOURS))
    alpha = rng.integers(0, 256, (13, 21, 1), np.uint8)
    rgba = np.concatenate([picture[..., ::-1], alpha], axis=-1)
    cv2.imwrite(str(tmp_path / "a.png"), rgba)
    for name in ("p.png", "a.png"):
        labels = ColourEncoding(COLOURS, "list.txt").decode(str(tmp_path / name))
        np.testing.assert_array_equal(labels, np.array(list(COLOURS.values()))[ids])


@pytest.mark.parametrize("where", [(0, 0), (3, 4), (5, 8)])
@pytest.mark.parametrize("colour", [(1, 2, 3), (254, 255, 255), (200, 201, 200)])
def test_colour_encoding_names_file_colour_and_place(colour, where, tmp_path):
    image = np.full((6, 9, 3), 255, np.uint8)
    image[where] = colour
    cv2.imwrite(str(tmp_path / "a.png"), image[..., ::-1])
    with pytest.raises(ValueError) as error:
        ColourEncoding(COLOURS, "list.txt").decode(str(tmp_path / "a.png"))
    assert str(error.value) == (
        f"{tmp_path / 'a.png'} holds the colour {colour} at row {where[0]}, column "
        f"{where[1]}, which list.txt does not list"
    )


def test_colour_encoding_is_quick_at_the_size_of_virtual_kitti(tmp_path, rng):
    ids = cv2.resize(
        rng.integers(0, len(COLOURS), (47, 156), np.uint8),
        (1242, 375),
        interpolation=cv2.INTER_NEAREST,
    )
    path = str(tmp_path / "a.png")
    cv2.imwrite(path, paint(ids, list(COLOURS)))
    encoding = ColourEncoding({c[::-1]: i for c, i in COLOURS.items()}, "list.txt")
    times = []
    for _ in range(5):
        start = time.perf_counter()
        encoding.decode(path)
        times.append(time.perf_counter() - start)
    # About 8 ms where nothing else runs; a loop over pixels takes a second.
    assert min(times) < 0.1


@pytest.mark.parametrize("encoding", [IndexEncoding([0]), ColourEncoding(COLOURS, "")])
def test_decode_names_a_missing_label(encoding, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"a\.png is missing"):
        encoding.decode(str(tmp_path / "a.png"))


@pytest.mark.parametrize("size", [(9, 14), (4, 6), (13, 7), (27, 28)])
def test_resize_label_takes_the_pixel_below_each_centre(size, rng):
    label = rng.integers(0, 256, (9, 14), np.uint8)
    rows = ((np.arange(size[0]) + 0.5) * 9 / size[0]).astype(int)
    columns = ((np.arange(size[1]) + 0.5) * 14 / size[1]).astype(int)
    expected = label[np.ix_(rows, columns)]
    np.testing.assert_array_equal(resize_label(label, size), expected)
