"""Reading images."""

from pathlib import Path

import cv2
import numpy as np

from data.files.png import decode_plain_png
from data.files.stored_file import StoredFile


def read_bytes(path: str | StoredFile) -> bytes:
    """The bytes of the image file at `path`, or of one in a shard.

    They are read here and not by OpenCV, so that a missing file, an empty one and a
    damaged one can be told apart, and names may hold any character.

    Raises:
        FileNotFoundError: If there is no file at `path`.
        ValueError: If it cannot be read, or is empty.
    """
    try:
        stored = path if isinstance(path, StoredFile) else Path(path)
        encoded = stored.read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{path} is missing; an image should be there"
        ) from None
    except OSError as error:
        raise ValueError(
            f"{path} cannot be read as an image: {error.strerror}"
        ) from None
    if not encoded:
        raise ValueError(f"{path} cannot be read as an image: the file is empty")
    return encoded


def decode_bytes(encoded: bytes, flags: int, path: str) -> np.ndarray:
    """An image file's bytes, decoded by OpenCV with `cv2.IMREAD_...` flags.

    Raises:
        ValueError: If they are not an image, naming `path`.
    """
    try:
        image = cv2.imdecode(np.frombuffer(encoded, np.uint8), flags)
    except cv2.error:  # a header that promises more pixels than OpenCV takes
        image = None
    if image is None:
        raise ValueError(
            f"{path} cannot be read as an image: it is damaged, cut off or of a "
            f"format that OpenCV does not know"
        )
    return image


def read_image(path: str) -> np.ndarray:
    """The image at `path`, uint8 RGB (height, width, 3).

    Grey, paletted, 16-bit and RGBA files become 8-bit RGB; an EXIF orientation is
    followed.

    Raises:
        FileNotFoundError: If there is no file at `path`.
        ValueError: If it cannot be read as an image.
    """
    encoded = read_bytes(path)
    image = decode_plain_png(encoded)
    if image is not None and image.ndim == 3:
        return image
    return decode_bytes(encoded, cv2.IMREAD_COLOR_RGB, path)


def size_text(shape: tuple[int, ...]) -> str:
    """How errors tell the size of an array (height, width, ...)."""
    return f"{shape[0]}x{shape[1]} (height x width)"


def resize_image(
    image: np.ndarray, size: tuple[int, int], out: np.ndarray | None = None
) -> np.ndarray:
    """`image` (height, width, channels) at `size` (height, width), bilinear.

    Pixel centres are mapped as in OpenCV and TensorFlow 2 (half a pixel in from
    the corner); nothing is smoothed before shrinking. Written to `out`, if given.
    """
    height, width = size
    return cv2.resize(image, (width, height), out, interpolation=cv2.INTER_LINEAR)
