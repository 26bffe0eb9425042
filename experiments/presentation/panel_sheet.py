"""Pictures of one video frame in one image, with captions, a title and a legend."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
_BACKGROUND = (24, 24, 28)
_TEXT = (240, 240, 240)
_LETTERS_PER_PANEL = 36
_SMALLEST_FONT = 11  # pixels


@dataclass(frozen=True)
class Panel:
    """One picture of a sheet and the caption above it.

    Attributes:
        caption: One line; its end is cut off where it is too long.
        picture: uint8 RGB (height, width, 3).
    """

    caption: str
    picture: np.ndarray


def panel_sheet(
    rows: Sequence[Sequence[Panel]],
    title: str = "",
    legend: Sequence[tuple[str, Colour]] = (),
    letters_per_panel: float = _LETTERS_PER_PANEL,
) -> np.ndarray:
    """Draws rows of panels below a title and above a legend.

    Sheets with the same texts and sizes differ only in the pictures, so the sheets of a
    video's frames form a video.

    Args:
        rows: Panels with pictures of one size, as many in every row.
        title: One line; none if empty.
        legend: Names and RGB colours, 0 to 255; wrapped to the width of the sheet.
        letters_per_panel: Width of a panel, in heights of a letter.

    Returns:
        uint8 RGB (height, width, 3).

    Raises:
        ValueError: If the pictures differ in size, or the rows in length.
    """
    _check(rows)
    height, width = rows[0][0].picture.shape[:2]
    font_size = max(_SMALLEST_FONT, round(width / letters_per_panel))
    gap = font_size // 2
    lines = [_row_of_panels(row, (height, width), font_size, gap) for row in rows]
    sheet_width = lines[0].shape[1]
    if title:
        lines.insert(0, _text_line(title, sheet_width, round(1.3 * font_size)))
    if legend:
        lines.append(_legend(tuple(legend), sheet_width, font_size))
    return np.concatenate(lines)


def _check(rows):
    shapes = {panel.picture.shape for row in rows for panel in row}
    lengths = {len(row) for row in rows}
    if len(shapes) != 1 or len(lengths) != 1:
        raise ValueError(
            "A sheet needs pictures of one size and rows of one length. Received: "
            f"shapes={sorted(shapes)}, lengths={sorted(lengths)}"
        )


def _row_of_panels(row, size, font_size, gap):
    height, width = size
    line_height = _line_height(font_size)
    sheet_width = len(row) * (width + gap) - gap
    canvas = np.empty((line_height + height + gap, sheet_width, 3), np.uint8)
    canvas[:] = _BACKGROUND
    for column, panel in enumerate(row):
        left = column * (width + gap)
        canvas[:line_height, left : left + width] = _text_line(
            panel.caption, width, font_size
        )
        canvas[line_height : line_height + height, left : left + width] = panel.picture
    return canvas


def _line_height(font_size):
    return round(1.8 * font_size)


@lru_cache(maxsize=64)  # most texts are the same in all frames of a video
def _text_line(text, width, font_size):
    """One line of text in the middle of a strip of the given width."""
    image = Image.new("RGB", (width, _line_height(font_size)), _BACKGROUND)
    font = _font(font_size)
    shown = text
    while shown and font.getlength(shown) > width:
        shown = f"{shown.removesuffix('…')[:-1]}…" if len(shown) > 1 else ""
    middle = (width / 2, image.height / 2)
    ImageDraw.Draw(image).text(middle, shown, fill=_TEXT, font=font, anchor="mm")
    return np.asarray(image)


@lru_cache(maxsize=4)
def _legend(entries, width, font_size):
    font = _font(font_size)
    line_height = _line_height(font_size)
    positions, right, line = [], 0, 0
    for name, _ in entries:
        entry_width = round(font.getlength(name) + 3 * font_size)
        if right and right + entry_width > width:
            right, line = 0, line + 1
        positions.append((right, line * line_height))
        right += entry_width
    image = Image.new("RGB", (width, (line + 1) * line_height), _BACKGROUND)
    draw = ImageDraw.Draw(image)
    for (name, colour), (left, top) in zip(entries, positions, strict=True):
        middle, half = top + line_height / 2, font_size / 2
        left += half
        box = (left, middle - half, left + font_size, middle + half)
        draw.rectangle(box, fill=tuple(colour), outline=(128, 128, 128))
        start = (left + 1.5 * font_size, middle)
        draw.text(start, name, fill=_TEXT, font=font, anchor="lm")
    return np.asarray(image)


@lru_cache(maxsize=4)
def _font(size):
    import matplotlib  # takes a moment, and few callers draw

    path = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    return ImageFont.truetype(str(path), size)
