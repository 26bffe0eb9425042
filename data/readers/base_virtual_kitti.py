"""What the releases of Virtual KITTI share: classes, splits, lists of colours."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from data.files.listing import can_be_listed
from data.labels.colour_list import read_colour_list
from data.readers.dataset_info import DatasetInfo
from data.readers.unpacked import files_by_name
from data.videos.video import Frame, Video, read_each, require_whole

# The classes in the order of the authors' configuration, with their colours.
_PALETTE = {
    "Misc": (0, 0, 0),
    "Building": (69, 69, 69),
    "Car": (0, 0, 142),
    "GuardRail": (0, 79, 100),
    "Pole": (153, 153, 153),
    "Road": (128, 64, 128),
    "Sky": (69, 129, 180),
    "Terrain": (152, 250, 152),
    "TrafficLight": (250, 170, 29),
    "TrafficSign": (219, 219, 0),
    "Tree": (0, 255, 0),
    "Truck": (0, 0, 69),
    "Van": (0, 60, 100),
    "Vegetation": (106, 142, 35),
}
CLASS_IDS = {name: class_id for class_id, name in enumerate(_PALETTE)}
_COLOUR_LINE = re.compile(r"(?P<name>\w+)(:\d+)?\s+(?P<rgb>\d+\s+\d+\s+\d+)")
_NUMBER = re.compile(r"\d{5}")
_NOT_IN_NAMES = ("frames", "rgb")  # folders between a variation and a camera


def virtual_kitti_info(name: str, source: str) -> DatasetInfo:
    """The facts of one release; `mean_rgb` is that of 1.3.1, from the authors' code."""
    return DatasetInfo(
        name=name,
        classes=tuple(_PALETTE),
        palette=tuple(_PALETTE.values()),
        mean_rgb=(95.492, 104.020, 92.183),
        image_size=(375, 1242),
        splits=("train", "test", "all"),
        source=source,
    )


def read_half(
    images: Path, labels: Path, image_name: str, label_name: str, split: str
) -> tuple[Frame, ...]:
    """The frames of a video that belong to a split, in the order of their numbers.

    `train` is the first half of the video (one frame less than the second if the
    number is odd), `test` the second half, `all` the whole.

    A label without an image gives a frame whose image is missing.

    Args:
        images: Folder of the images; files of other names are ignored.
        labels: Folder of the labels, which may be missing.
        image_name: Name of an image, such as `rgb_{:05d}.jpg`; the suffix may also be
            in capitals.
        label_name: Name of its label.
        split: `train`, `test` or `all`.

    Raises:
        FileNotFoundError: If there is no image.
        ValueError: If a folder cannot be read.
    """
    image_files = _files_by_number(images, image_name)
    if not image_files:
        raise FileNotFoundError(
            f"{images} holds no frame; {image_name.format(0)} should be there"
        )
    label_files = (
        _files_by_number(labels, label_name) if os.path.lexists(labels) else {}
    )
    numbers = sorted(image_files | label_files)
    half = len(numbers) // 2
    part = {"train": slice(half), "test": slice(half, None), "all": slice(None)}[split]
    return tuple(
        Frame(
            str(images / image_files.get(number, image_name.format(number))),
            str(labels / label_files.get(number, label_name.format(number))),
            number,
        )
        for number in numbers[part]
    )


def _files_by_number(folder: Path, name: str) -> dict[int, str]:
    """The files in `folder` that are called `name` with a number in it."""
    return {
        number: actual_name
        for lowered, actual_name in files_by_name(folder).items()
        if (match := _NUMBER.search(lowered))
        and lowered == name.format(number := int(match[0]))
    }


def read_folders(
    root: Path, folders: Sequence[Path], read_video: Callable[[Path], Video]
) -> list[Video]:
    """The video of every folder.

    Args:
        root: Folder that holds them, at any depth.
        folders: Those of videos, and those on the way that cannot be read.
        read_video: Reads the video of a folder.

    Raises:
        IncompleteVideosError: If something is missing or wrong, after all were read.
    """

    def reader(folder):
        return lambda: [read_video(folder)]

    videos, faults = read_each({_name(root, f): reader(f) for f in folders})
    require_whole(videos, faults)
    return videos


def _name(root, folder):
    """Name of a video, or `name/` of a folder that may hold several; for `Fault`."""
    parts = folder.relative_to(root).parts
    return "/".join(part for part in parts if part not in _NOT_IN_NAMES) + (
        "" if can_be_listed(folder) else "/"
    )


def read_colours(
    path: Path, classes: Mapping[str, int], example: str
) -> dict[tuple[int, int, int], int]:
    """The class of each RGB colour in a file of lines such as `Terrain 210 0 200`.

    Any white space separates the columns. The first line may be a header; the number of
    an instance may follow the class, as in `Car:0`.

    Raises:
        FileNotFoundError: If there is no file at `path`.
        ValueError: If it cannot be read, see `read_colour_list`.
    """
    return read_colour_list(path, _COLOUR_LINE, example, classes, has_header=True)
