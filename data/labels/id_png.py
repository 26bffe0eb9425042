"""Class ids as PNGs store them."""

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from data.files.images import decode_bytes, read_bytes
from data.files.png import GREY, PALETTED, RGB, RGBA, decode_plain_png, png_header
from data.files.whole_file import whole_file


def read_ids(path: str) -> np.ndarray:
    """The numbers that the pixels of the image at `path` are stored as.

    OpenCV would turn the indices of a palette into colours, and spread grey of 1, 2
    or 4 bits over 0..255; here both stay what the file holds.

    Returns:
        uint8 (height, width) for grey PNGs of at most 8 bits and paletted ones; what
        OpenCV decodes otherwise.

    Raises:
        FileNotFoundError: If there is no file at `path`.
        ValueError: If it cannot be decoded as an image.
    """
    encoded = read_bytes(path)
    bit_depth, colour_type = png_header(encoded)
    if colour_type == PALETTED:
        return _palette_indices(encoded, path)
    ids = decode_plain_png(encoded)
    if ids is not None and ids.ndim == 2:
        return ids
    ids = decode_bytes(encoded, cv2.IMREAD_UNCHANGED, path)
    if colour_type == GREY and bit_depth < 8:
        ids //= 255 // (2**bit_depth - 1)
    return ids


def has_colours(path: str) -> bool:
    """Whether the pixels of a PNG are colours, and not grey or indices of a palette.

    Raises:
        FileNotFoundError: If there is no file at `path`.
        ValueError: If it cannot be read.
    """
    return png_header(read_bytes(path))[1] in (RGB, RGBA)


def write_ids(path: Path, ids: np.ndarray) -> None:
    """Writes uint8 (height, width) as a grey PNG, whole or not at all.

    Folders above it are made.
    """
    with whole_file(path) as temporary:
        temporary.write_bytes(cv2.imencode(".png", ids)[1])


def _palette_indices(encoded, path):
    try:
        with Image.open(io.BytesIO(encoded), formats=["PNG"]) as image:
            return np.array(image)
    except (OSError, SyntaxError, ValueError):
        raise ValueError(
            f"{path} cannot be read as an image: it is damaged or cut off"
        ) from None
