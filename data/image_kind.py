"""What an image file stores, where that is not 8-bit RGB."""

from data.png import GREY, GREY_ALPHA, PALETTED, RGBA, png_header

_COLOUR_TYPES = {
    GREY: "greyscale",
    PALETTED: "paletted",
    GREY_ALPHA: "greyscale with transparency",
    RGBA: "RGBA",
}


def image_kind(encoded: bytes) -> str | None:
    """Such as `16-bit greyscale`, from the header of a PNG.

    Args:
        encoded: The file's bytes; it is one that can be read.

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
