"""Optical flow from files: Virtual KITTI's PNGs, and Middlebury's .flo."""

import cv2
import numpy as np

from data.files.images import decode_bytes, read_bytes

_FLO_HEADER = np.dtype([("tag", "S4"), ("width", "<i4"), ("height", "<i4")])
_FLO_UNKNOWN = 1e9


def read_flow(path: str) -> np.ndarray:
    """Optical flow: how far each pixel of a frame moves until the next frame.

    Files whose names end in `.flo` are read as Middlebury's, all others as PNGs of
    Virtual KITTI 1.3.1 (`vkitti_1.3.1_flowgt/`) or 2 (`forwardFlow/`), which store

        u = (2 R / 65535 - 1) (width - 1), v = (2 G / 65535 - 1) (height - 1)

    in pixels, and no flow where B = 0 (sky).

    Returns:
        float32 (height, width, 2): pixels to the right and down, NaN where the file
        has no flow.

    Raises:
        FileNotFoundError: If there is no file at `path`.
        ValueError: If it holds no such flow; PNGs of KITTI itself, which are encoded
            differently, are refused.

    Source: the readme of Virtual KITTI 1.3.1.
    """
    encoded = read_bytes(path)
    if str(path).lower().endswith(".flo"):
        return _decode_flo(encoded, path)
    return _decode_virtual_kitti(encoded, path)


def _decode_virtual_kitti(encoded, path):
    image = decode_bytes(encoded, cv2.IMREAD_UNCHANGED, path)
    channels = image.shape[2] if image.ndim == 3 else 1
    if image.dtype != np.uint16 or channels != 3:
        raise ValueError(
            f"{path} cannot be read as optical flow: Virtual KITTI's is a PNG of 3 "
            f"channels of 16 bits, and this has {channels} of {8 * image.itemsize}"
        )
    blue = image[..., 0]
    if blue.max() == 1:
        raise ValueError(
            f"{path} cannot be read as optical flow of Virtual KITTI: its blue channel "
            "is 0 or 1 as in KITTI's own files, which are encoded in another way"
        )
    height, width = blue.shape
    # OpenCV has the channels in the order blue, green, red.
    flow = (image[..., 2:0:-1] * (2 / 65535) - 1) * (width - 1, height - 1)
    flow[blue == 0] = np.nan
    return flow.astype(np.float32)


def _decode_flo(encoded, path):
    start = _FLO_HEADER.itemsize
    header = np.frombuffer(encoded[:start].ljust(start, b"\0"), _FLO_HEADER)[0]
    width, height = int(header["width"]), int(header["height"])
    if header["tag"] != b"PIEH" or min(width, height) < 1:
        raise ValueError(
            f"{path} cannot be read as optical flow: it does not begin as a .flo file"
        )
    if len(encoded) != start + 8 * width * height:
        raise ValueError(
            f"{path} cannot be read as optical flow: {width}x{height} pixels take "
            f"{start + 8 * width * height} bytes, and it has {len(encoded)}"
        )
    flow = np.frombuffer(encoded, "<f4", offset=start).reshape(height, width, 2)
    unknown = ~(np.abs(flow) <= _FLO_UNKNOWN).all(axis=-1, keepdims=True)
    return np.where(unknown, np.float32(np.nan), flow)
