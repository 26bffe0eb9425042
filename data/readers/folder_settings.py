"""`classes.json`, the file that says what the labels of a plain folder mean."""

import json
from dataclasses import dataclass
from pathlib import Path

from data.labels.encodings import (
    IGNORE_LABEL,
    NOT_ALLOWED,
    ColourEncoding,
    IndexEncoding,
)
from data.readers.unpacked import hint

FILE_NAME = "classes.json"
ALL = "all"
_OPTIONAL = ("palette", "labels", "mean_rgb", "splits")
_LABEL_KINDS = ("ids", "colours")
_BLACK = (0, 0, 0)
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class FolderSettings:
    """What `classes.json` says; `data/readers/folder.py` describes the file.

    Attributes:
        classes: Class names.
        palette: RGB in 0..255 per class.
        label_encoding: How label files become class ids.
        mean_rgb: Mean colour of the images, None where the file does not give it.
        splits: Names of videos by name of split, None where the file has none.
    """

    classes: tuple[str, ...]
    palette: tuple[Colour, ...]
    label_encoding: IndexEncoding | ColourEncoding
    mean_rgb: tuple[float, float, float] | None
    splits: dict[str, list[str]] | None


def read_settings(root: Path) -> FolderSettings:
    """The settings of the folder `root`.

    Raises:
        FileNotFoundError: If there is no `classes.json` in it.
        ValueError: If the file is not as `data/readers/folder.py` describes it.
    """
    path = root / FILE_NAME
    content = _read_json(path)
    for name, rule, holds in _rules(content):
        if name in content and not holds:
            raise ValueError(
                f"{path}: `{name}` must be {rule}. Received: {content[name]!r}"
            )
    classes = tuple(content["classes"])
    palette = tuple(map(tuple, content.get("palette", ()))) or _voc_palette(classes)
    in_colours = content.get("labels") == "colours"
    return FolderSettings(
        classes=classes,
        palette=palette,
        label_encoding=(
            _colour_encoding(palette, path) if in_colours else _id_encoding(classes)
        ),
        mean_rgb=content.get("mean_rgb") and tuple(content["mean_rgb"]),
        splits=content.get("splits"),
    )


def _read_json(path):
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing; {path.parent} should hold {FILE_NAME}, images/VIDEO/ "
            f"and labels/VIDEO/{hint(path.parent, FILE_NAME)}"
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise ValueError(f"{path} is not a JSON file in UTF-8: {error}") from None
    if not isinstance(content, dict) or "classes" not in content:
        raise ValueError(f'{path} must be such as {{"classes": ["road", "car"]}}')
    if unknown := sorted(content.keys() - {"classes", *_OPTIONAL}):
        raise ValueError(
            f"{path}: beside `classes`, only {', '.join(_OPTIONAL)} are understood. "
            f"Received: {', '.join(unknown)}"
        )
    return content


def _rules(content):
    """Yields (key, rule, whether it holds) for the keys of `classes.json`."""
    classes = content["classes"]
    yield (
        "classes",
        f"a list of 1 to {IGNORE_LABEL} different names",
        _are_names(classes) and 1 <= len(classes) <= IGNORE_LABEL,
    )
    palette = content.get("palette")
    yield (
        "palette",
        f"{len(classes)} different colours [red, green, blue] in 0..255, one per class",
        isinstance(palette, list)
        and len(palette) == len(classes)
        and all(_is_colour(colour, int) for colour in palette)
        and len(set(map(tuple, palette))) == len(palette),
    )
    labels = content.get("labels")
    yield (
        "labels",
        f"one of {', '.join(_LABEL_KINDS)}, and `colours` needs a `palette`",
        labels == "ids" or (labels == "colours" and palette is not None),
    )
    mean = content.get("mean_rgb")
    yield "mean_rgb", "three numbers in 0..255", _is_colour(mean, (int, float))
    splits = content.get("splits")
    yield (
        "splits",
        f"lists of different names of videos, by names of splits other than `{ALL}`",
        isinstance(splits, dict)
        and len(splits) > 0
        and ALL not in splits
        and all(map(_are_names, splits.values())),
    )


def _are_names(names):
    return (
        isinstance(names, list)
        and all(isinstance(name, str) and name for name in names)
        and len(set(names)) == len(names)
    )


def _is_colour(colour, number):
    return (
        isinstance(colour, list)
        and len(colour) == 3
        and all(isinstance(value, number) and 0 <= value <= 255 for value in colour)
    )


def _id_encoding(classes):
    others = [NOT_ALLOWED] * (IGNORE_LABEL - len(classes))
    return IndexEncoding([*range(len(classes)), *others, IGNORE_LABEL])


def _colour_encoding(palette, path):
    ids = {_BLACK: IGNORE_LABEL} | {colour: i for i, colour in enumerate(palette)}
    return ColourEncoding(ids, source=str(path))


def _voc_palette(classes):
    """The colours of PASCAL VOC from 1 on; 0 is black, and no two are equal."""
    return tuple(_voc_colour(index + 1) for index in range(len(classes)))


def _voc_colour(index):
    colour = [0, 0, 0]
    for shift in range(7, -1, -1):
        for channel in range(3):
            colour[channel] |= (index >> channel & 1) << shift
        index >>= 3
    return tuple(colour)
