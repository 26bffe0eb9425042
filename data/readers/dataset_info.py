"""Facts about a data set that are known before its files are opened."""

import os
from dataclasses import dataclass, fields
from typing import Any

from data.labels.encodings import IGNORE_LABEL

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class DatasetInfo:
    """The facts of one data set.

    Attributes:
        name: Its name on the command line.
        classes: Class names; a label map holds their indices, and `IGNORE_LABEL` for
            pixels of no class.
        palette: RGB in 0..255 per class, for pictures.
        mean_rgb: Mean colour of the images, RGB in [0, 255].
        image_size: (height, width) of the images on disk, in pixels.
        splits: Names that the reader takes.
        source: Where the data set comes from.
        void_id: Id by which label files of the data set mark pixels of no class, and
            which networks with an output for them predict; None where only
            `IGNORE_LABEL` does so.
    """

    name: str
    classes: tuple[str, ...]
    palette: tuple[Colour, ...]
    mean_rgb: tuple[float, float, float]
    image_size: tuple[int, int]
    splits: tuple[str, ...]
    source: str
    void_id: int | None = None

    def check_split(self, split: str) -> None:
        """Raises ValueError if this data set has no split of that name."""
        if split not in self.splits:
            raise ValueError(
                f"`split` must be one of {', '.join(self.splits)} for {self.name}. "
                f"Received: split={split!r}"
            )


def info_from_json(content: Any) -> DatasetInfo:
    """The facts that were written as JSON, lists in place of tuples.

    Raises:
        ValueError: If a fact is missing or wrong.
    """
    if not isinstance(content, dict):
        raise ValueError("the facts of the data set must be an object")
    required = {field.name for field in fields(DatasetInfo)} - {"void_id"}
    if not required <= content.keys() <= required | {"void_id"}:
        raise ValueError(f"the facts of the data set must be {', '.join(required)}")
    void_id = content.get("void_id")
    size = content["image_size"]
    holds = {
        "name": isinstance(content["name"], str),
        "classes": is_class_list(content["classes"]),
        "palette": is_colour_list(content["palette"]),
        "mean_rgb": is_mean_colour(content["mean_rgb"]),
        "image_size": are_counts(size) and len(size) == 2 and min(size) > 0,
        "splits": is_name_list(content["splits"]),
        "source": isinstance(content["source"], str),
        "void_id": void_id is None or are_counts([void_id]),
    }
    for name, is_right in holds.items():
        if not is_right:
            raise ValueError(f"`{name}` of the data set is wrong")
    if len(content["palette"]) != len(content["classes"]):
        raise ValueError("the data set must have as many colours as classes")
    return DatasetInfo(**{name: _in_tuples(value) for name, value in content.items()})


def _in_tuples(value: Any) -> Any:
    """A value from JSON, with tuples for its lists."""
    return tuple(map(_in_tuples, value)) if isinstance(value, list) else value


def is_class_list(value: Any) -> bool:
    """Whether a value from JSON is a list of 1 to 255 different names of classes."""
    return is_name_list(value) and 1 <= len(value) <= IGNORE_LABEL


def is_name_list(value: Any) -> bool:
    """Whether a value from JSON is a list of different names that can be printed."""
    return (
        isinstance(value, list)
        and all(isinstance(name, str) and _is_name(name) for name in value)
        and len(set(value)) == len(value)
    )


def _is_name(text: str) -> bool:
    try:
        os.fsencode(text)
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return bool(text.strip()) and "\0" not in text


def is_colour_list(value: Any) -> bool:
    """Whether a value from JSON is a list of different colours [red, green, blue]."""
    return (
        isinstance(value, list)
        and all(are_counts(c) and len(c) == 3 and max(c) <= 255 for c in value)
        and len(set(map(tuple, value))) == len(value)
    )


def is_mean_colour(value: Any) -> bool:
    """Whether a value from JSON is a list of three numbers in 0..255."""
    return (
        isinstance(value, list)
        and len(value) == 3
        and all(isinstance(v, int | float) and not isinstance(v, bool) for v in value)
        and all(0 <= v <= 255 for v in value)
    )


def are_counts(value: Any) -> bool:
    """Whether a value from JSON is a list of whole numbers from 0."""
    return isinstance(value, list) and all(type(v) is int and v >= 0 for v in value)
