"""What the ids and the colours of label maps mean, as files and data sets tell."""

import re
from dataclasses import dataclass
from pathlib import Path

from data.datasets.open_dataset import DATASETS
from data.labels.colour_list import read_colour_list
from data.labels.encodings import IGNORE_LABEL
from data.readers.folder_settings import FILE_NAME, read_settings

_LINES = (
    re.compile(r"(?P<name>\D.*?)\s+(?P<rgb>\d+\s+\d+\s+\d+)"),
    re.compile(r"(?P<rgb>\d+\s+\d+\s+\d+)\s+(?P<name>\D.*)"),
)
_NO_CLASS = {"void", "ignore", "ignored", "unlabelled", "unlabeled", "undefined"}
_BLACK = (0, 0, 0)


@dataclass(frozen=True)
class ClassFile:
    """Names of classes, in the order of their ids, and their colours.

    Attributes:
        classes: Names.
        palette: RGB in 0..255 per class, the first where a class has several, or
            `None` where the colours are not known.
        colours: Class of every RGB colour, 255 for no class; empty without colours.
        source: Where it was read.
        void_id: Id of pixels of no class, None where only 255 is one: that of the data
            set, or that of the last line of a text file if its name is void or the
            like.
    """

    classes: tuple[str, ...]
    palette: tuple[tuple[int, int, int], ...] | None
    colours: dict[tuple[int, int, int], int]
    source: str
    void_id: int | None = None


def read_classes(source: str) -> ClassFile:
    """The classes of a data set or of a file.

    Args:
        source: The name of a data set; or `classes.json` of a plain folder, or that
            folder; or a text file with a class a line, its name alone or with its
            colour, `road 128 64 128` or `128 64 128 road`, ids counted from 0. There
            may be a header. Lines of one name are one class. Void, unlabelled and the
            like are no class, and so is black where it is the colour of none.

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
            f"{source} is missing; it should be a text file of classes, {FILE_NAME} or "
            f"one of the data sets {', '.join(DATASETS)}"
        )
    return _read_text(path)


def _with_palette(classes, palette, source, void_id=None):
    colours = {_BLACK: IGNORE_LABEL} | {c: i for i, c in enumerate(palette)}
    return ClassFile(tuple(classes), tuple(palette), colours, source, void_id)


def _read_text(path):
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise ValueError(f"{path} is empty; a class a line should be there")
    # A first line that is none may be a header.
    example, line_format = next(
        ((line, f) for line in lines[:2] for f in _LINES if f.fullmatch(line)),
        (None, None),
    )
    if line_format is None:
        return _names_alone(path, lines)
    matches = (line_format.fullmatch(line) for line in lines)
    names = list(dict.fromkeys(match["name"].strip() for match in matches if match))
    kept = [name for name in names if name.lower() not in _NO_CLASS]
    ids = {name: kept.index(name) if name in kept else IGNORE_LABEL for name in names}
    header = example != lines[0]
    colours = read_colour_list(path, line_format, example, ids, header)
    first = {class_id: colour for colour, class_id in reversed(colours.items())}
    palette = tuple(first[i] for i in range(len(kept)))
    colours = {_BLACK: IGNORE_LABEL} | colours
    return ClassFile(tuple(kept), palette, colours, str(path), _void_id(names))


def _names_alone(path, lines):
    if len(set(lines)) != len(lines):
        repeated = next(line for line in lines if lines.count(line) > 1)
        raise ValueError(f"{path} names the class {repeated!r} twice")
    void_id = _void_id(lines)
    # Before other names it counts among the ids, so it has to stay.
    return ClassFile(tuple(lines[:void_id]), None, {}, str(path), void_id)


def _void_id(names):
    """The id of the last name if it stands for no class, and no name before does."""
    are_void = [name.lower() in _NO_CLASS for name in names]
    return len(names) - 1 if are_void[-1] and not any(are_void[:-1]) else None
