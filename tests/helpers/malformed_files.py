"""Damages files: each function takes the path of a valid file and changes it.

The tests say what must follow. Some damaged files (`HARMLESS`) can still be read by a
careful program, and must then be read correctly.
"""

import io
import os
import random
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
from PIL import Image


def _content(function):
    """Damage of the bytes."""

    def damage(path: Path):
        path.write_bytes(function(path.read_bytes()))

    return damage


def _noise(count):
    return random.Random(0).randbytes(count)


def _flipped(content, places):
    changed = bytearray(content)
    for place in places:
        changed[int(place * (len(changed) - 1))] ^= 0x5A
    return bytes(changed)


def _instead(make):
    def damage(path: Path):
        path.unlink()
        make(path)

    return damage


# Any file.
FILES = {
    "empty": _content(lambda old: b""),
    "one byte": _content(lambda old: b"\n"),
    "text": _content(lambda old: b"not what it should be\n"),
    "HTML": _content(lambda old: b"<!DOCTYPE html><html>404 Not Found</html>"),
    "LFS pointer": _content(
        lambda old: (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
        )
    ),
    "zeros": _content(lambda old: bytes(4096)),
    "noise": _content(lambda old: _noise(4096)),
    "noise behind 16 bytes": _content(lambda old: old[:16] + _noise(2048)),
    "its first 8 bytes": _content(lambda old: old[:8]),
    "its first tenth": _content(lambda old: old[: max(len(old) // 10, 1)]),
    "its first half": _content(lambda old: old[: len(old) // 2]),
    "without its second half's middle": _content(
        lambda old: old[: len(old) // 2] + old[3 * len(old) // 4 :]
    ),
    "first byte changed": _content(lambda old: _flipped(old, [0])),
    "folder": _instead(lambda path: path.mkdir()),
    "link to itself": _instead(lambda path: path.symlink_to(path.name)),
    "link to nothing": _instead(lambda path: path.symlink_to("nowhere")),
    "link to /dev/null": _instead(lambda path: path.symlink_to("/dev/null")),
    "link to /dev/zero": _instead(lambda path: path.symlink_to("/dev/zero")),
    "named pipe": _instead(lambda path: os.mkfifo(path)),
}
# A change inside, which cannot be detected where the format has no checksum.
INSIDE = {
    "last byte cut": _content(lambda old: old[:-1]),
    "last 20 bytes cut": _content(lambda old: old[:-20]),
    "bytes changed in the middle": _content(lambda old: _flipped(old, [0.5, 0.6, 0.7])),
    "bytes changed everywhere": _content(
        lambda old: _flipped(old, np.linspace(0.05, 0.95, 40))
    ),
    "twice": _content(lambda old: old + old),
    "noise at its end": _content(lambda old: old + _noise(100)),
}


def _chunks(content):
    """(name, data) of the chunks of a PNG."""
    place = 8
    while place < len(content):
        (length,) = struct.unpack_from(">I", content, place)
        name = content[place + 4 : place + 8]
        yield name, content[place + 8 : place + 8 + length]
        place += 12 + length


def _png(chunks):
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data))
        + name
        + data
        + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def _header(**fields):
    """Damage that changes fields of a PNG's header, with a right checksum."""
    places = {"width": 0, "height": 4, "depth": 8, "colour": 9, "interlace": 12}

    def change(old):
        changed = []
        for name, data in _chunks(old):
            data = bytearray(data)
            if name == b"IHDR":
                for field, value in fields.items():
                    form = ">I" if field in ("width", "height") else ">B"
                    struct.pack_into(form, data, places[field], value)
            changed.append((name, bytes(data)))
        return _png(changed)

    return _content(change)


def _without(chunk):
    return _content(lambda old: _png([c for c in _chunks(old) if c[0] != chunk]))


def _with(chunk, data):
    def change(old):
        chunks = list(_chunks(old))
        return _png([chunks[0], (chunk, data), *chunks[1:]])

    return _content(change)


def _wrong_checksum(old):
    place = old.index(b"IDAT") + 4
    (length,) = struct.unpack_from(">I", old, place - 8)
    return _flipped(old, [(place + length) / (len(old) - 1)])


def _pixels(change):
    """Damage that writes other pixel data of the same header."""

    def damaged(old):
        raw = zlib.decompress(
            b"".join(d for name, d in _chunks(old) if name == b"IDAT")
        )
        kept = [c for c in _chunks(old) if c[0] != b"IDAT"]
        kept.insert(-1, (b"IDAT", zlib.compress(change(raw))))
        return _png(kept)

    return _content(damaged)


PNGS = {
    "wrong checksum": _content(_wrong_checksum),
    "no pixels": _without(b"IDAT"),
    "no end": _without(b"IEND"),
    "no header": _without(b"IHDR"),
    "width 0": _header(width=0),
    "height 0": _header(height=0),
    "width 2**31": _header(width=2**31),
    "65,000 x 65,000": _header(width=65_000, height=65_000),
    "30,000 x 30,000": _header(width=30_000, height=30_000),
    "one row more": _header(height=13),
    "one column more": _header(width=17),
    "bit depth 3": _header(depth=3),
    "bit depth 16": _header(depth=16),
    "colour type 5": _header(colour=5),
    "palette without colours": _header(colour=3),
    "interlaced by its header alone": _header(interlace=1),
    "filter 9": _pixels(lambda raw: b"\x09" + raw[1:]),
    "half of its rows": _pixels(lambda raw: raw[: len(raw) // 2]),
    "rows for two images": _pixels(lambda raw: raw + raw),
    "an empty palette": _with(b"PLTE", b""),
    "a palette of 257 colours": _with(b"PLTE", bytes(3 * 257)),
    "a text that swells": _with(b"zTXt", b"a\0\0" + zlib.compress(bytes(2 * 10**8))),
    "an unknown critical chunk": _with(b"ABCD", b"what"),
}


def _reencode(form, **options):
    def damage(path: Path):
        pixels = Image.open(path).copy()
        if form in ("JPEG", "WEBP", "GIF"):
            pixels = pixels.convert("L" if form != "WEBP" else "RGB")
        content = io.BytesIO()
        pixels.save(content, format=form, **options)
        path.write_bytes(content.getvalue())

    return damage


def _array(change):
    def damage(path: Path):
        ids = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
        path.write_bytes(cv2.imencode(".png", change(ids))[1].tobytes())

    return damage


def _paletted(path):
    image = Image.open(path).convert("L")
    image.putpalette([value for k in range(256) for value in (k, 255 - k, 7)])
    image.save(path, "PNG")


# Other formats and kinds of pixels under the same name.
KINDS = {
    "JPEG": _reencode("JPEG"),
    "lossy WebP": _reencode("WEBP", quality=50),
    "lossless WebP": _reencode("WEBP", lossless=True),
    "GIF": _reencode("GIF"),
    "BMP": _reencode("BMP"),
    "TIFF": _reencode("TIFF"),
    "16 bits": _array(lambda ids: ids.astype(np.uint16)),
    "16 bits, shifted": _array(lambda ids: ids.astype(np.uint16) << 8),
    "RGB": _array(lambda ids: np.dstack([ids] * 3)[..., :3]),
    "RGBA": _array(lambda ids: np.dstack([ids] * 4)[..., :4]),
    "paletted": _paletted,
    "turned": _array(lambda ids: np.ascontiguousarray(ids.swapaxes(0, 1))),
    "one row": _array(lambda ids: ids[:1]),
    "one pixel": _array(lambda ids: ids[:1, :1]),
    "twice as large": _array(lambda ids: ids.repeat(2, axis=0).repeat(2, axis=1)),
    "ids of 200": _array(lambda ids: ids + 200),
    "ids of 255": _array(lambda ids: np.full_like(ids, 255)),
}
