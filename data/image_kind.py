"""What an image file stores, where that is not 8-bit RGB."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Bytes of a PNG file: signature, length and name of the first chunk, width and height,
# bit depth, colour type.
_BIT_DEPTH, _COLOUR_TYPE = 24, 25
_COLOUR_TYPES = {
    0: "greyscale",
    3: "paletted",
    4: "greyscale with transparency",
    6: "RGBA",
}


def image_kind(encoded: bytes) -> str | None:
    """Such as `16-bit greyscale`, from the header of a PNG.

    Args:
        encoded: The file's bytes; it is one that can be read.

    Returns:
        None for 8-bit RGB, and for files other than PNG.
    """
    if not encoded.startswith(_SIGNATURE):
        return None
    words = []
    if encoded[_BIT_DEPTH] == 16:
        words.append("16-bit")
    if encoded[_COLOUR_TYPE] in _COLOUR_TYPES:
        words.append(_COLOUR_TYPES[encoded[_COLOUR_TYPE]])
    return " ".join(words) or None
