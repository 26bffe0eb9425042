"""Class ids as PNGs store them."""

import io
from collections.abc import Collection
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from data.files.image_header import (
    GREY,
    PALETTED,
    RGB,
    RGBA,
    lossy_format,
    png_header,
    png_palette,
)
from data.files.images import ImagePath, decode_bytes, decode_plain_png, read_bytes
from data.files.whole_file import whole_file

_BLACK = (0, 0, 0)


def read_label_bytes(path: ImagePath) -> bytes:
    """The bytes of a label map; lossy formats, which change ids, are refused.

    Raises:
        FileNotFoundError: If there is no file at `path`.
        ValueError: If it cannot be read, or its format is lossy whatever its name.
    """
    encoded = read_bytes(path)
    lossy = lossy_format(encoded)
    if lossy:
        raise ValueError(
            f"{path} is a {lossy}, in which ids and colours change; label maps must be "
            f"PNGs"
        )
    return encoded


def read_ids(path: ImagePath) -> np.ndarray:
    """The numbers that the pixels of the image at `path` are stored as.

    OpenCV would turn the indices of a palette into colours, and spread grey of 1, 2
    or 4 bits over 0..255; here both keep the values in the file.

    Returns:
        uint8 (height, width) for grey PNGs of at most 8 bits and paletted ones; what
        OpenCV decodes otherwise.

    Raises:
        FileNotFoundError: If there is no file at `path`.
        ValueError: If it cannot be decoded as an image, or is of a lossy format.
    """
    return decode_ids(read_label_bytes(path), path)


def decode_ids(encoded: bytes, path: ImagePath) -> np.ndarray:
    """The bytes of a label map as `read_ids` reads it."""
    bit_depth, colour_type = png_header(encoded)
    if colour_type == PALETTED:
        return _palette_indices(encoded, path)
    ids = decode_plain_png(encoded)
    if ids is not None and ids.ndim == 2:
        return ids
    ids = decode_bytes(encoded, cv2.IMREAD_UNCHANGED, path)
    if colour_type == GREY and bit_depth is not None and bit_depth < 8:
        ids //= 255 // (2**bit_depth - 1)
    return ids


def holds_colours(encoded: bytes) -> bool:
    """Whether the pixels of a PNG are true colours, and not grey or indices."""
    return png_header(encoded)[1] in (RGB, RGBA)


def has_palette_of(encoded: bytes, known: Collection[tuple[int, int, int]]) -> bool:
    """Whether the palette of a paletted PNG consists of colours of classes.

    Then the colours mean the classes and not the indices: the program that wrote the
    file may have put them into any order.

    Args:
        encoded: Bytes of the file.
        known: RGB of all classes, and of pixels of no class.
    """
    if png_header(encoded)[1] != PALETTED:
        return False
    palette = set(png_palette(encoded))
    return palette.issubset({*known, _BLACK}) and palette != {_BLACK}


def write_ids(path: Path, ids: np.ndarray) -> None:
    """Writes uint8 (height, width) as a grey PNG, whole or not at all.

    Folders above it are made.
    """
    with whole_file(path) as temporary:
        temporary.write_bytes(cv2.imencode(".png", ids)[1].tobytes())


def _palette_indices(encoded, path):
    try:
        with Image.open(io.BytesIO(encoded), formats=["PNG"]) as image:
            return np.array(image)
    except (OSError, SyntaxError, ValueError):
        raise ValueError(
            f"{path} cannot be read as an image: it is damaged or cut off"
        ) from None
