import time

import cv2
import numpy as np
import pytest

from data.labels import ColourEncoding, IndexEncoding, resize_label

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


def test_index_encoding_refuses_colours_and_16_bit(tmp_path):
    cv2.imwrite(str(tmp_path / "colour.png"), np.zeros((4, 4, 3), np.uint8))
    cv2.imwrite(str(tmp_path / "deep.png"), np.zeros((4, 4), np.uint16))
    encoding = IndexEncoding([0])
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
