"""What the ids and the colours of label maps mean, read from files or data sets."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.datasets.open_dataset import DATASETS
from data.files.listing import why_no_file
from data.labels.colour_list import (
    LONGEST_LINE,
    match_line,
    quoted,
    read_colour_list,
)
from data.labels.encodings import IGNORE_LABEL
from data.readers.dataset_info import Colour
from data.readers.folder_settings import FILE_NAME, read_settings

_LINES = (
    re.compile(r"(?P<name>\D.*?)\s+(?P<rgb>\d+\s+\d+\s+\d+)"),
    re.compile(r"(?P<rgb>\d+\s+\d+\s+\d+)\s+(?P<name>\D.*)"),
)
_NO_CLASS = {"void", "ignore", "ignored", "unlabelled", "unlabeled", "undefined"}
_BLACK = (0, 0, 0)
_MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class ClassFile:
    """Names of classes, in the order of their ids, and their colours.

    Attributes:
        classes: Names.
        palette: RGB in 0..255 per class, the first colour if a class has several;
            None if the colours are not known.
        colours: Class of every RGB colour, 255 for no class; empty without colours.
        source: Where it was read.
        void_id: Id of pixels of no class, None where only 255 is one: that of the data
            set, or that of the last line of a text file if its name is void or the
            like.
    """

    classes: tuple[str, ...]
    palette: tuple[Colour, ...] | None
    colours: dict[Colour, int]
    source: str
    void_id: int | None = None


def read_classes(source: str) -> ClassFile:
    """The classes of a data set or of a file.

    Args:
        source: The name of a data set; or `classes.json` of a plain folder, or that
            folder; or a text file with one class per line, either its name alone or
            its name and colour, `road 128 64 128` or `128 64 128 road`. Ids are
            counted from 0. The first line may be a header. Lines with the same name
            are one class. Names such as void and unlabelled mean no class, and so does
            black unless it is the colour of a class.

    Raises:
        FileNotFoundError: If there is no such data set and no such file.
        ValueError: If the file is not as described.
    """
    path = Path(source)
    if source in DATASETS and not path.is_file():
        info = DATASETS[source].info
        return _with_palette(info.classes, info.palette, source, info.void_id)
    if path.is_dir() or path.name == FILE_NAME:
        settings = read_settings(path if path.is_dir() else path.parent)
        return _with_palette(settings.classes, settings.palette, source)
    if not path.is_file():
        raise FileNotFoundError(
            f"{source} {why_no_file(path)}; it should be a text file of classes, "
            f"{FILE_NAME} or one of the data sets {', '.join(DATASETS)}"
        )
    return _read_text(path)


def _with_palette(
    classes: Sequence[str],
    palette: Sequence[Colour],
    source: str,
    void_id: int | None = None,
) -> ClassFile:
    colours = {_BLACK: IGNORE_LABEL} | {c: i for i, c in enumerate(palette)}
    return ClassFile(tuple(classes), tuple(palette), colours, source, void_id)


def _read_text(path: Path) -> ClassFile:
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(
            f"{path} is larger than {_MOST_BYTES} bytes; it should be a text file with "
            f"one class per line"
        )
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise ValueError(f"{path} is empty; it should have one class per line")
    # If the first line does not match, it may be a header.
    example, line_format = next(
        ((line, f) for line in lines[:2] for f in _LINES if match_line(f, line)),
        (None, None),
    )
    if example is None or line_format is None:
        return _names_alone(path, lines)
    matches = (match_line(line_format, line) for line in lines)
    names = list(dict.fromkeys(match["name"].strip() for match in matches if match))
    kept = [name for name in names if name.lower() not in _NO_CLASS]
    _check_number(path, kept)
    ids = {name: kept.index(name) if name in kept else IGNORE_LABEL for name in names}
    header = example != lines[0]
    colours = read_colour_list(path, line_format, example, ids, header)
    first = {class_id: colour for colour, class_id in reversed(colours.items())}
    palette = tuple(first[i] for i in range(len(kept)))
    colours = {_BLACK: IGNORE_LABEL} | colours
    return ClassFile(tuple(kept), palette, colours, str(path), _void_id(names))


def _names_alone(path: Path, lines: Sequence[str]) -> ClassFile:
    if too_long := [line for line in lines if len(line) > LONGEST_LINE]:
        raise ValueError(
            f"{path} has a line of {len(too_long[0])} characters, "
            f"{quoted(too_long[0])}; it should have one class per line"
        )
    if len(set(lines)) != len(lines):
        repeated = next(line for line in lines if lines.count(line) > 1)
        raise ValueError(f"{path} names the class {repeated!r} twice")
    void_id = _void_id(lines)
    # If it comes before other names, it is counted among the ids and has to stay.
    names = lines[:void_id]
    _check_number(path, names)
    return ClassFile(tuple(names), None, {}, str(path), void_id)


def _check_number(path: Path, classes: Sequence[str]) -> None:
    if not 1 <= len(classes) <= IGNORE_LABEL:
        raise ValueError(
            f"{path} lists {len(classes)} classes; there should be 1 to {IGNORE_LABEL}"
        )


def _void_id(names: Sequence[str]) -> int | None:
    """The id of the last name if that means no class, and no earlier name does."""
    are_void = [name.lower() in _NO_CLASS for name in names]
    return len(names) - 1 if are_void[-1] and not any(are_void[:-1]) else None
