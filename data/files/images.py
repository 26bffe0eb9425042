"""Reading images, from files or out of shards."""

import os
import stat
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import imagecodecs
import numpy as np

from data.files.image_header import (
    GREY,
    RGB,
    exif_orientation,
    header_size,
    is_jpeg,
    png_chunks,
    png_header,
)

IMAGE_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp")
MAX_PIXELS = 1 << 26  # 67 million, such as 8192 x 8192
_INTERLACE = 28  # where the header of a PNG says whether it is interlaced
_SHAPES = {GREY: (), RGB: (3,)}
# Chunks that change what the pixels mean: a transparent colour, an orientation.
_CHANGES = {b"tRNS", b"eXIf"}
_redirecting = threading.Lock()  # of the standard error stream

if "OPENCV_LOG_LEVEL" not in os.environ:
    # What it prints about a damaged file is raised here, with the name of the file.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


@dataclass(frozen=True)
class StoredFile:
    """One file of a frame, in a shard; used like the path of a file in a folder.

    Attributes:
        source: Random access to the frames in the shards, as dicts of bytes by part.
        index: Number of the frame in `source`.
        part: `image` or `label`.
        name: Name of the file in errors.
        frame: What the shard calls the frame; None if it stores no names.
    """

    source: Sequence[Mapping[str, bytes]]
    index: int
    part: str
    name: str
    frame: str | None = None

    def read_bytes(self) -> bytes:
        """The bytes of the file.

        Raises:
            ValueError: If the shard is missing or damaged, or holds another frame.
        """
        try:
            stored = self.source[self.index]
            content = stored[self.part]
            frame = stored["frame"] if self.frame is not None else None
        except (LookupError, OSError, RuntimeError, ValueError) as error:
            raise self._error(" ".join(str(error).split())) from None
        if content is None:  # the shard is cut off
            raise self._error("nothing is stored there")
        if self.frame is not None and frame != os.fsencode(self.frame):
            raise self._error(
                "another frame is stored there, so the shard and its metadata.json "
                "belong to different data"
            )
        return content

    def _error(self, why: str) -> ValueError:
        return ValueError(f"{self} cannot be read from its shard: {why}")

    def __str__(self) -> str:
        return self.name


ImagePath = str | StoredFile


def read_bytes(path: ImagePath) -> bytes:
    """The bytes of the image file at `path`, or of one in a shard.

    Files are not read by OpenCV, so that errors can distinguish missing, empty and
    damaged ones, and names can hold any character.

    Raises:
        FileNotFoundError: If there is no file at `path`.
        ValueError: If it cannot be read, is empty or not a regular file, or its header
            announces more than `MAX_PIXELS` pixels, which would fill the memory.
    """
    try:
        if isinstance(path, StoredFile):
            encoded = path.read_bytes()
        else:
            encoded = _read_regular_file(Path(path))
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
    _refuse_too_many_pixels(encoded, path)
    return encoded


def _read_regular_file(path):
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        # Reading a named pipe would wait until another process writes to it.
        raise ValueError(f"{path} cannot be read as an image: it is not a regular file")
    return path.read_bytes()


def _refuse_too_many_pixels(encoded, path):
    try:
        size = header_size(encoded)
    except ValueError:
        many = ""
    else:
        if size is None or size[0] * size[1] <= MAX_PIXELS:
            return
        many = f"{size[0]}x{size[1]} "
    raise ValueError(
        f"{path} cannot be read as an image: its {many}pixels are more than the "
        f"{MAX_PIXELS} that are allowed"
    )


def decode_bytes(encoded: bytes, flags: int, path: ImagePath) -> np.ndarray:
    """An image file's bytes, decoded by OpenCV with `cv2.IMREAD_...` flags.

    Raises:
        ValueError: If they are not an image, naming `path`.
    """
    try:
        image = cv2.imdecode(np.frombuffer(encoded, np.uint8), flags)
    except cv2.error:  # such as a header with more pixels than OpenCV allows
        image = None
    if image is None:
        raise ValueError(
            f"{path} cannot be read as an image: it is damaged, cut off or of a "
            f"format that OpenCV does not know"
        )
    return image


def decode_plain_png(encoded: bytes) -> np.ndarray | None:
    """The pixels of an 8-bit grey or RGB PNG.

    Clips are read as fast as their files are decoded. OpenCV takes up to 1.4 times as
    long, most of all for label maps; everything but the plain cases is left to it.

    Returns:
        uint8 (height, width) or (height, width, 3); None for any other file, and for
        one that is damaged.
    """
    bit_depth, colour_type = png_header(encoded)
    if bit_depth != 8 or colour_type not in _SHAPES:
        return None
    interlaced = encoded[_INTERLACE : _INTERLACE + 1] != b"\0"
    names = (name for name, _ in png_chunks(encoded))
    if interlaced or not _CHANGES.isdisjoint(names):
        return None
    try:
        pixels = imagecodecs.png_decode(encoded)
    # The header may say any size, and names of chunks may be no text.
    except (imagecodecs.PngError, MemoryError, UnicodeDecodeError):
        return None
    plain = pixels.dtype == np.uint8 and pixels.shape[2:] == _SHAPES[colour_type]
    return pixels if plain else None


def read_image(path: ImagePath) -> np.ndarray:
    """The image at `path`, uint8 RGB (height, width, 3).

    Grey, paletted, 16-bit and RGBA files become 8-bit RGB; an EXIF orientation is
    followed.

    Raises:
        FileNotFoundError: If there is no file at `path`.
        ValueError: If it cannot be read as an image.
    """
    return decode_image(read_bytes(path), path)


def decode_image(encoded: bytes, path: ImagePath) -> np.ndarray:
    """Decodes the bytes of an image file as `read_image` does."""
    image = decode_plain_png(encoded)
    if image is not None and image.ndim == 3:
        return image
    return decode_bytes(encoded, cv2.IMREAD_COLOR_RGB, path)


def read_undamaged_image(path: ImagePath) -> np.ndarray:
    """Reads an image like `read_image`, but refuses damaged JPEGs.

    libjpeg replaces the damaged part of a JPEG by grey or noise and only prints a
    warning to standard error, without the name of the file. Here the warning becomes an
    error. For that, all threads together decode only one JPEG at a time.

    Raises:
        FileNotFoundError: If there is no file at `path`.
        ValueError: If it cannot be read as an image, or only a part can be decoded.
    """
    encoded = read_bytes(path)
    if not is_jpeg(encoded):
        return decode_image(encoded, path)
    with _redirecting, tempfile.TemporaryFile() as printed:
        stream = os.dup(2)
        os.dup2(printed.fileno(), 2)
        try:
            image = decode_image(encoded, path)
        finally:
            os.dup2(stream, 2)
            os.close(stream)
        printed.seek(0)
        lines = printed.read().decode(errors="replace").splitlines(keepends=True)
    sys.stderr.writelines(line for line in lines if "JPEG" not in line)
    warning = next((line.strip() for line in lines if "JPEG" in line), None)
    if warning:
        raise ValueError(
            f"{path} cannot be read as an image: only a part of it can be decoded "
            f"({warning})"
        )
    return image


def turned_by_exif(path: ImagePath) -> bool:
    """Whether `read_image` rotates or mirrors the image because of its EXIF data."""
    return exif_orientation(read_bytes(path)) != 1


def exif_note(path: ImagePath) -> str:
    """An addition to an error about the size of an image that EXIF data rotate."""
    return (
        "; its EXIF data rotate it, but not its label" if turned_by_exif(path) else ""
    )


def size_text(shape: tuple[int, ...]) -> str:
    """The size of an array (height, width, ...) as errors show it."""
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
