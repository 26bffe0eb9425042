"""Virtual KITTI 1.3.1: five worlds, each rendered in ten variations.

    vkitti_1.3.1_rgb/<world>/<variation>/00000.png, ...
    vkitti_1.3.1_scenegt/<world>/<variation>/00000.png, ...
    vkitti_1.3.1_scenegt/<world>_<variation>_scenegt_rgb_encoding.txt

Every world and variation that is there is read; it need not be all of them.
Source: https://europe.naverlabs.com/research/proxy-virtual-worlds
"""

import re
from pathlib import Path

from data.dataset_info import DatasetInfo
from data.labels import ColourEncoding
from data.video import Frame, Video, require_files

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

INFO = DatasetInfo(
    name="virtual_kitti",
    classes=tuple(_PALETTE),
    palette=tuple(_PALETTE.values()),
    mean_rgb=(95.492, 104.020, 92.183),
    image_size=(375, 1242),
    splits=("train", "test", "all"),
    source="https://europe.naverlabs.com/research/proxy-virtual-worlds",
)

_RGB, _SCENEGT = "vkitti_1.3.1_rgb", "vkitti_1.3.1_scenegt"
_FRAME_NAME = re.compile(r"\d{5}\.png")
_COLOUR_LINE = re.compile(r"(?P<name>\w+)(:\d+)? (?P<rgb>\d+ \d+ \d+)")


def read_videos(data_dir: str, split: str) -> list[Video]:
    """The videos of a split, named `<world>/<variation>`, in the order of names.

    `train` is the first half of every video (one frame less than the second if the
    number is odd), `test` the second half, `all` the whole.

    Raises:
        FileNotFoundError: If a folder, an encoding file or a label is missing.
        ValueError: If `split` is unknown, or an encoding file cannot be read.
    """
    INFO.check_split(split)
    root = Path(data_dir)
    folders = [
        path for path in sorted((root / _RGB).glob("[!.]*/[!.]*")) if path.is_dir()
    ]
    if not folders:
        raise FileNotFoundError(
            f"{root / _RGB}/<world>/<variation>/ is missing; {root} should hold "
            f"Virtual KITTI 1.3.1: {_RGB}/ and {_SCENEGT}/"
        )
    videos = [_read_video(root, folder, split) for folder in folders]
    require_files(videos)
    return videos


def _read_video(root, folder, split):
    world, variation = folder.parts[-2:]
    names = sorted(p.name for p in folder.iterdir() if _FRAME_NAME.fullmatch(p.name))
    if not names:
        raise FileNotFoundError(f"{folder} holds no frame; 00000.png should be there")
    half = len(names) // 2
    part = {"train": slice(half), "test": slice(half, None), "all": slice(None)}[split]
    labels = root / _SCENEGT / world / variation
    return Video(
        name=f"{world}/{variation}",
        frames=tuple(
            Frame(str(folder / name), str(labels / name), int(Path(name).stem))
            for name in names[part]
        ),
        spacing=1,
        label_encoding=read_encoding(
            root / _SCENEGT / f"{world}_{variation}_scenegt_rgb_encoding.txt"
        ),
    )


def read_encoding(path: Path) -> ColourEncoding:
    """The colours of one world and variation; cars and vans have one per instance.

    The file's first line is `Category(:id) r g b`, all others are such as
    `Terrain 210 0 200` or `Car:0 200 200 200`.

    Raises:
        FileNotFoundError: If there is no file at `path`.
        ValueError: If a line cannot be read, its class is unknown, or a colour
            stands for two classes.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing; it should list the colours of the labels beside it"
        )
    classes = {}
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    for number, line in enumerate(lines, start=2):
        if not line.strip():
            continue
        match = _COLOUR_LINE.fullmatch(line.strip())
        if match is None or match["name"] not in INFO.classes:
            raise ValueError(
                f"{path}, line {number}: {line!r} should be one of the 14 classes and "
                f"a colour, such as Terrain 210 0 200 or Car:0 200 200 200"
            )
        colour = tuple(int(value) for value in match["rgb"].split())
        class_id = INFO.classes.index(match["name"])
        if max(colour) > 255 or classes.setdefault(colour, class_id) != class_id:
            raise ValueError(
                f"{path}, line {number}: {line!r} has a colour above 255, or one that "
                f"stands for another class above"
            )
    if not classes:
        raise ValueError(f"{path} lists no colour")
    return ColourEncoding(classes, source=str(path))
