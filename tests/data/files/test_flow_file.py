import struct

import cv2
import numpy as np
import pytest

from data.files.flow_file import read_flow


def write_virtual_kitti(file, flow):
    """The encoding in the readme of Virtual KITTI 1.3.1, pixel by pixel."""
    height, width = flow.shape[:2]
    bgr = np.zeros((height, width, 3), np.uint16)
    for y, x in np.ndindex(height, width):
        u, v = (float(n) for n in flow[y, x])
        if not np.isnan(u):
            red = round((u / (width - 1) + 1) / 2 * 65535)
            green = round((v / (height - 1) + 1) / 2 * 65535)
            bgr[y, x] = 65535, green, red
    assert cv2.imwrite(str(file), bgr)


@pytest.mark.parametrize("height, width", [(6, 9), (37, 124), (2, 2)])
def test_flow_of_virtual_kitti_is_read_back(height, width, rng, tmp_path):
    flow = rng.uniform(-1, 1, (height, width, 2)) * (width - 1, height - 1)
    flow[rng.random((height, width)) < 0.2] = np.nan
    write_virtual_kitti(tmp_path / "00000.png", flow)
    found = read_flow(tmp_path / "00000.png")
    assert found.dtype == np.float32
    # Half a step of the quantisation, and float32.
    step = 2 * (max(height, width) - 1) / 65535
    np.testing.assert_allclose(found, flow, atol=0.51 * step)


def test_ends_of_the_encoding_are_width_and_height_less_one(tmp_path):
    rgb = np.array([[[65535, 0, 1], [0, 65535, 65535], [40000, 9, 0]]] * 2, np.uint16)
    assert cv2.imwrite(str(tmp_path / "flow_00000.png"), rgb[..., ::-1])
    flow = read_flow(str(tmp_path / "flow_00000.png"))
    np.testing.assert_array_equal(flow, [[[2, -1], [-2, 1], [np.nan, np.nan]]] * 2)


def test_flow_of_middlebury_is_read_back(rng, tmp_path):
    flow = rng.normal(0, 9, (5, 7, 2)).astype(np.float32)
    assert cv2.writeOpticalFlow(str(tmp_path / "a.flo"), flow)
    np.testing.assert_array_equal(read_flow(tmp_path / "a.flo"), flow)
    flow[2, 3] = 1.7e9, 0
    assert cv2.writeOpticalFlow(str(tmp_path / "b.FLO"), flow)
    found = read_flow(tmp_path / "b.FLO")
    flow[2, 3] = np.nan
    np.testing.assert_array_equal(found, flow)


def test_files_without_such_a_flow_are_refused_by_name(rng, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.png is missing"):
        read_flow(tmp_path / "none.png")
    cv2.imwrite(str(tmp_path / "eight.png"), rng.integers(0, 256, (4, 5, 3)))
    with pytest.raises(ValueError, match=r"eight\.png .* this has 3 of 8"):
        read_flow(tmp_path / "eight.png")
    grey = rng.integers(0, 65536, (4, 5)).astype(np.uint16)
    cv2.imwrite(str(tmp_path / "grey.png"), grey)
    with pytest.raises(ValueError, match=r"grey\.png .* this has 1 of 16"):
        read_flow(tmp_path / "grey.png")
    kitti = rng.integers(0, 65536, (4, 5, 3)).astype(np.uint16)
    kitti[..., 0] %= 2
    cv2.imwrite(str(tmp_path / "kitti.png"), kitti)
    with pytest.raises(ValueError, match=r"kitti\.png .* KITTI's own files"):
        read_flow(tmp_path / "kitti.png")
    whole = (tmp_path / "kitti.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[:40])
    with pytest.raises(ValueError, match=r"cut\.png cannot be read"):
        read_flow(tmp_path / "cut.png")


@pytest.mark.parametrize(
    "content, sentence",
    [
        (b"", "the file is empty"),
        (b"PIEH\1", "does not begin"),
        (b"HEIP" + struct.pack("<ii", 1, 1) + bytes(8), "does not begin"),
        (b"PIEH" + struct.pack("<ii", -1, 2) + bytes(8), "does not begin"),
        (b"PIEH" + struct.pack("<ii", 2, 3) + bytes(8), "take 60 bytes.* has 20"),
    ],
)
def test_damaged_flo_files_are_refused_by_name(content, sentence, tmp_path):
    (tmp_path / "bad.flo").write_bytes(content)
    with pytest.raises(ValueError, match=rf"bad\.flo cannot be read.*{sentence}"):
        read_flow(tmp_path / "bad.flo")
