"""Facts in the header of an image file, read without decoding its pixels."""

import io
from collections.abc import Iterator

from PIL import Image

GREY, RGB, PALETTED, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6  # colour types of PNGs
PNG_START = b"\x89PNG\r\n\x1a\n"
_TIFF_STARTS = (b"II*\0", b"MM\0*")
_JPEG_START = b"\xff\xd8\xff"
# Signature of 8 bytes, length and name of the first chunk, width, height; then:
_BIT_DEPTH, _COLOUR_TYPE = 24, 25
# Markers of JPEGs that begin a header with the size; the others of C0 to CF do not.
_JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_JPEG_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}
_ORIENTATION = 0x0112  # the tag of EXIF
_COLOUR_TYPES = {
    GREY: "greyscale",
    PALETTED: "paletted",
    GREY_ALPHA: "greyscale with transparency",
    RGBA: "RGBA",
}


def png_header(encoded: bytes) -> tuple[int, int] | tuple[None, None]:
    """(bit depth, colour type) of a PNG, (None, None) of anything else."""
    if not encoded.startswith(PNG_START) or len(encoded) <= _COLOUR_TYPE:
        return None, None
    return encoded[_BIT_DEPTH], encoded[_COLOUR_TYPE]


def png_chunks(encoded: bytes) -> Iterator[tuple[bytes, slice]]:
    """Yields the name of every chunk of a PNG, and where its data are in the file."""
    position = len(PNG_START)
    while position < len(encoded):
        length = int.from_bytes(encoded[position : position + 4], "big")
        data = slice(position + 8, position + 8 + length)
        yield encoded[position + 4 : position + 8], data
        position = data.stop + 4  # a checksum follows


def png_palette(encoded: bytes) -> list[tuple[int, int, int]]:
    """RGB of every index of a paletted PNG, the padding at its end left out."""
    chunks = png_chunks(encoded)
    place = next((place for name, place in chunks if name == b"PLTE"), slice(0))
    data = encoded[place]
    colours = list(zip(data[::3], data[1::3], data[2::3], strict=False))
    while len(colours) > 1 and colours[-1] == colours[-2]:
        colours.pop()
    return colours


def image_kind(encoded: bytes) -> str | None:
    """How a PNG stores its pixels, such as `16-bit greyscale`, from its header.

    Args:
        encoded: The bytes of a file that can be read.

    Returns:
        None for 8-bit RGB, and for files other than PNG.
    """
    bit_depth, colour_type = png_header(encoded)
    words = []
    if bit_depth == 16:
        words.append("16-bit")
    if colour_type in _COLOUR_TYPES:
        words.append(_COLOUR_TYPES[colour_type])
    return " ".join(words) or None


def header_size(encoded: bytes) -> tuple[int, int] | None:
    """(height, width) from the header, None if it cannot be found.

    Raises:
        ValueError: If there are more than 179 million pixels, in some formats.
    """
    if encoded.startswith(PNG_START):
        width, height = encoded[16:20], encoded[20:24]
        return int.from_bytes(height, "big"), int.from_bytes(width, "big")
    if is_jpeg(encoded):
        return _jpeg_size(encoded)
    try:
        with Image.open(io.BytesIO(encoded)) as image:
            return image.height, image.width
    except Image.DecompressionBombError as error:
        raise ValueError(str(error)) from None
    except (OSError, SyntaxError, ValueError, EOFError):
        return None


def is_jpeg(encoded: bytes) -> bool:
    """Whether the file is a JPEG, whatever its name."""
    return encoded.startswith(_JPEG_START)


def _jpeg_size(encoded):
    position = 2
    while position + 9 <= len(encoded) and encoded[position] == 0xFF:
        marker = encoded[position + 1]
        if marker == 0xFF:  # padding
            position += 1
        elif marker in _JPEG_WITHOUT_LENGTH:
            position += 2
        elif marker in _JPEG_FRAMES:
            height = int.from_bytes(encoded[position + 5 : position + 7], "big")
            width = int.from_bytes(encoded[position + 7 : position + 9], "big")
            return height, width
        else:
            position += 2 + int.from_bytes(encoded[position + 2 : position + 4], "big")
    return None


def lossy_format(encoded: bytes) -> str | None:
    """The name of the file's format if it may change pixels, else None."""
    if is_jpeg(encoded):
        return "JPEG"
    if encoded[:4] == b"RIFF" and encoded[8:12] == b"WEBP":
        return "lossy WebP" if b"VP8 " in _webp_chunks(encoded) else None
    if encoded.startswith((b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51")):
        return "JPEG 2000"
    if encoded[4:8] == b"ftyp":
        return "AVIF or HEIF"
    if encoded.startswith(_TIFF_STARTS):
        return _lossy_tiff(encoded)
    return None


def _webp_chunks(encoded):
    names, position = set(), 12
    while position + 8 <= len(encoded):
        names.add(encoded[position : position + 4])
        length = int.from_bytes(encoded[position + 4 : position + 8], "little")
        position += 8 + length + length % 2
    return names


def _lossy_tiff(encoded):
    try:
        with Image.open(io.BytesIO(encoded)) as image:
            compression = str(image.info.get("compression"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    lossy = "jpeg" in compression or "webp" in compression
    return f"TIFF with {compression} inside" if lossy else None


def exif_orientation(encoded: bytes) -> int:
    """The EXIF orientation, 1 to 8; 1 if the pixels are upright as they are stored."""
    if not encoded.startswith(_TIFF_STARTS) and all(
        name not in encoded for name in (b"Exif", b"eXIf", b"EXIF")
    ):
        return 1
    try:
        with Image.open(io.BytesIO(encoded)) as image:
            found = image.getexif().get(_ORIENTATION, 1)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return 1
    return found if found in range(1, 9) else 1
