"""Text files that list the colours of labels, one class and colour per line."""

import re
from collections.abc import Mapping
from pathlib import Path

from data.files.listing import why_no_file

LONGEST_LINE = 500  # characters; a longer line lists no colour
_LONGEST_QUOTE = 80


def quoted(line: str) -> str:
    """A line of a file for an error message, without its end if it is long."""
    return repr(line if len(line) <= _LONGEST_QUOTE else f"{line[:_LONGEST_QUOTE]}...")


def match_line(line_format: re.Pattern[str], line: str) -> re.Match[str] | None:
    """A line without the space around it, matched; None if it is very long.

    Patterns may take time that grows with the square of the length.
    """
    return line_format.fullmatch(line.strip()) if len(line) <= LONGEST_LINE else None


def read_colour_list(
    path: Path,
    line_format: re.Pattern,
    example: str,
    classes: Mapping[str, int],
    has_header: bool,
) -> dict[tuple[int, int, int], int]:
    """The class of each RGB colour that the file lists; blank lines are ignored.

    Args:
        path: The file, in UTF-8.
        line_format: Matches a line without the space around it; its group `name` is
            a class and its group `rgb` three numbers with space between.
        example: Such a line, for errors.
        classes: Every name that may occur, and its class.
        has_header: Whether the first line may be a header.

    Raises:
        FileNotFoundError: If there is no file at `path`.
        ValueError: If a line cannot be read, its class is unknown, or a colour belongs
            to two classes; or if there is no colour at all.
    """
    colours: dict[tuple[int, int, int], int] = {}
    may_be_header = has_header
    for number, line in _numbered_lines(path, example):
        match = match_line(line_format, line)
        if match is None or match["name"] not in classes:
            if may_be_header:
                may_be_header = False
                continue
            raise ValueError(
                f"{path}, line {number}: {quoted(line)} should be one of the "
                f"{len(classes)} classes and a colour, such as {example}"
            )
        may_be_header = False
        red, green, blue = map(int, match["rgb"].split())
        colour = red, green, blue
        class_id = classes[match["name"]]
        if max(colour) > 255 or colours.setdefault(colour, class_id) != class_id:
            raise ValueError(
                f"{path}, line {number}: {quoted(line)} has a colour above 255, or one "
                f"that a line above gives to another class"
            )
    if not colours:
        raise ValueError(f"{path} lists no colour")
    return colours


def _numbered_lines(path, example):
    """The number and text of every line that is not blank."""
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} {why_no_file(path)}; it should list the colours of the labels, in "
            f"lines such as {example}"
        )
    # Bytes that are not UTF-8 make a line that does not match, and so an error
    # with its number.
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    return [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
