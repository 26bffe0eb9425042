"""`classes.json`, the file that says what the labels of a plain folder mean."""

import json
import reprlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.labels.encodings import (
    IGNORE_LABEL,
    ColourEncoding,
    IndexEncoding,
    ids_and_255,
)
from data.readers.dataset_info import (
    Colour,
    is_class_list,
    is_colour_list,
    is_mean_colour,
    is_name_list,
)
from data.readers.unpacked import hint

FILE_NAME = "classes.json"
ALL = "all"
_OPTIONAL = ("palette", "labels", "mean_rgb", "splits")
_LABEL_KINDS = ("ids", "colours")
_BLACK = (0, 0, 0)
_EXAMPLE = 'it should be a file such as {"classes": ["road", "car"]}'
_MOST_BYTES = 10_000_000


@dataclass(frozen=True)
class FolderSettings:
    """The content of `classes.json`; `data/readers/folder.py` describes the file.

    Attributes:
        classes: Class names.
        palette: RGB in 0..255 per class.
        label_encoding: How label files become class ids.
        mean_rgb: Mean colour of the images, None if the file does not give it.
        splits: Names of videos by name of split, None if the file has none.
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
                f"{path}: `{name}` must be {rule}. Received: {_shown(content[name])}"
            )
    classes = tuple(content["classes"])
    palette = tuple((r, g, b) for r, g, b in content.get("palette", ()))
    colours = _colour_encoding(palette, path) if "palette" in content else None
    encoding: IndexEncoding | ColourEncoding = ids_and_255(range(len(classes)), colours)
    if content.get("labels") == "colours":
        encoding = _colour_encoding(palette, path)
    mean = content.get("mean_rgb")
    return FolderSettings(
        classes=classes,
        palette=palette or _voc_palette(len(classes)),
        label_encoding=encoding,
        mean_rgb=mean and (mean[0], mean[1], mean[2]),
        splits=content.get("splits"),
    )


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing; {path.parent} should hold {FILE_NAME}, images/VIDEO/ "
            f"and labels/VIDEO/{hint(path.parent, FILE_NAME)}"
        )
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(f"{path} is larger than {_MOST_BYTES} bytes; {_EXAMPLE}")
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise ValueError(f"{path} is not a JSON file in UTF-8: {error}") from None
    except RecursionError:
        raise ValueError(f"{path} has too many levels; {_EXAMPLE}") from None
    if not isinstance(content, dict) or "classes" not in content:
        raise ValueError(f"{path} has no `classes`; {_EXAMPLE}")
    if unknown := sorted(content.keys() - {"classes", *_OPTIONAL}):
        raise ValueError(
            f"{path}: beside `classes`, only {', '.join(_OPTIONAL)} are known. "
            f"Received: {_shown(unknown)}"
        )
    return content


def _shown(value: Any) -> str:
    """A value from JSON as an error shows it: not all of a long or deep one."""
    short = reprlib.Repr()
    short.maxlevel, short.maxlist, short.maxstring = 3, 8, 60
    return short.repr(value)


def _rules(content: dict[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """Yields (key, rule, whether it holds) for the keys of `classes.json`."""
    classes = content["classes"]
    yield (
        "classes",
        f"a list of 1 to {IGNORE_LABEL} different names",
        is_class_list(classes),
    )
    palette = content.get("palette")
    yield (
        "palette",
        f"{len(classes)} different colours [red, green, blue] in 0..255, one per class",
        is_colour_list(palette) and len(palette or ()) == len(classes),
    )
    labels = content.get("labels")
    yield (
        "labels",
        f"one of {', '.join(_LABEL_KINDS)}, and `colours` needs a `palette`",
        labels == "ids" or (labels == "colours" and palette is not None),
    )
    mean = content.get("mean_rgb")
    yield "mean_rgb", "three numbers in 0..255", is_mean_colour(mean)
    splits = content.get("splits")
    yield (
        "splits",
        f"lists of different names of videos, by names of splits other than `{ALL}`",
        isinstance(splits, dict)
        and len(splits) > 0
        and ALL not in splits
        and is_name_list(list(splits))
        and all(map(is_name_list, splits.values())),
    )


def _colour_encoding(palette: Sequence[Colour], path: Path) -> ColourEncoding:
    ids = {_BLACK: IGNORE_LABEL} | {colour: i for i, colour in enumerate(palette)}
    return ColourEncoding(ids, source=str(path))


def _voc_palette(num_classes: int) -> tuple[Colour, ...]:
    """The colours of PASCAL VOC from 1 on; 0 is black, and no two are equal."""
    return tuple(_voc_colour(index + 1) for index in range(num_classes))


def _voc_colour(index: int) -> Colour:
    red = green = blue = 0
    for shift in range(7, -1, -1):
        red |= (index & 1) << shift
        green |= (index >> 1 & 1) << shift
        blue |= (index >> 2 & 1) << shift
        index >>= 3
    return red, green, blue
