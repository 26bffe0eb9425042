"""What the releases of Virtual KITTI share: classes, halves, lists of colours."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from data.files.listing import list_folder
from data.labels.colour_list import read_colour_list
from data.readers.dataset_info import DatasetInfo
from data.videos.video import Frame, Video, require_whole

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
_COLOUR_LINE = re.compile(r"(?P<name>\w+)(:\d+)? (?P<rgb>\d+ \d+ \d+)")
_NUMBER = re.compile(r"\d{5}")


def virtual_kitti_info(name: str, source: str) -> DatasetInfo:
    """The facts of one release; `mean_rgb` is that of 1.3.1, in the authors' code."""
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
    """The frames of a video that belong to a split, ascending in number.

    `train` is the first half of the video (one frame less than the second if the
    number is odd), `test` the second half, `all` the whole.

    A label without an image is a frame whose image is missing.

    Args:
        images: Folder of the images; files of other names are passed over.
        labels: Folder of the labels, which need not be there.
        image_name: Name of an image, such as `rgb_{:05d}.jpg`.
        label_name: Name of its label.
        split: `train`, `test` or `all`.

    Raises:
        FileNotFoundError: If there is no image.
        ValueError: If a folder cannot be read.
    """
    found = _numbers(images, image_name)
    if not found:
        raise FileNotFoundError(
            f"{images} holds no frame; {image_name.format(0)} should be there"
        )
    if os.path.lexists(labels):
        found |= _numbers(labels, label_name)
    numbers = sorted(found)
    half = len(numbers) // 2
    part = {"train": slice(half), "test": slice(half, None), "all": slice(None)}[split]
    return tuple(
        Frame(
            str(images / image_name.format(number)),
            str(labels / label_name.format(number)),
            number,
        )
        for number in numbers[part]
    )


def _numbers(folder, name):
    """Numbers of the files in `folder` whose names are `name` with a number in it."""
    return {
        int(match[0])
        for file in list_folder(folder)
        if (match := _NUMBER.search(file)) and file == name.format(int(match[0]))
    }


def read_each(
    folders: Sequence[Path], read_video: Callable[[Path], Video]
) -> list[Video]:
    """The video of every folder.

    Raises:
        IncompleteVideosError: If something is missing or wrong, after all were read.
    """
    videos, faults = [], []
    for folder in folders:
        try:
            videos.append(read_video(folder))
        except (FileNotFoundError, ValueError) as error:
            faults.append(str(error))
    require_whole(videos, faults)
    return videos


def read_colours(
    path: Path, classes: Mapping[str, int], example: str
) -> dict[tuple[int, int, int], int]:
    """The class of each RGB colour in a file of lines such as `Terrain 210 0 200`.

    The first line is a header; a number may follow a class, as in `Car:0`.

    Raises:
        FileNotFoundError: If there is no file at `path`.
        ValueError: If it cannot be read, see `read_colour_list`.
    """
    return read_colour_list(path, _COLOUR_LINE, example, classes, has_header=True)
