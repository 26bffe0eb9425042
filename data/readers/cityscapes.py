"""Cityscapes: drives through 50 cities, 2048x1024, 19 classes.

    leftImg8bit_sequence/<split>/<city>/<city>_<sequence>_<frame>_leftImg8bit.png
    leftImg8bit/<split>/<city>/<city>_<sequence>_<frame>_leftImg8bit.png
    gtFine/<split>/<city>/<city>_<sequence>_<frame>_gtFine_labelIds.png

The first tree holds snippets of 30 frames, 17 per second, of which the 20th is
labelled; the second holds only the labelled frames, and the demo videos. In most
cities a sequence is one snippet and its label belongs to frame 19; in cities such as
Frankfurt a sequence holds many snippets and a labelled frame may have any number.
Labels may also be `..._gtFine_labelTrainIds.png`, which Cityscapes' own scripts make.
Each tree may also lie in the folder that its archive was unpacked into, such as
`leftImg8bit_trainvaltest/leftImg8bit/`.
Source: https://www.cityscapes-dataset.com and
https://github.com/mcordts/cityscapesScripts, helpers/labels.py.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from data.files.listing import can_be_listed, find_folders, list_folder
from data.labels.encodings import IGNORE_LABEL, ids_and_255
from data.readers.dataset_info import DatasetInfo
from data.readers.unpacked import files_by_name, find_folder, hint
from data.videos.video import Fault, Frame, Video, read_each, require_whole

# Name, id in the label files and colour of the classes, in the order of train ids.
_CLASSES = (
    ("road", 7, (128, 64, 128)),
    ("sidewalk", 8, (244, 35, 232)),
    ("building", 11, (70, 70, 70)),
    ("wall", 12, (102, 102, 156)),
    ("fence", 13, (190, 153, 153)),
    ("pole", 17, (153, 153, 153)),
    ("traffic light", 19, (250, 170, 30)),
    ("traffic sign", 20, (220, 220, 0)),
    ("vegetation", 21, (107, 142, 35)),
    ("terrain", 22, (152, 251, 152)),
    ("sky", 23, (70, 130, 180)),
    ("person", 24, (220, 20, 60)),
    ("rider", 25, (255, 0, 0)),
    ("car", 26, (0, 0, 142)),
    ("truck", 27, (0, 0, 70)),
    ("bus", 28, (0, 60, 100)),
    ("train", 31, (0, 80, 100)),
    ("motorcycle", 32, (0, 0, 230)),
    ("bicycle", 33, (119, 11, 32)),
)
IDS = tuple(label_id for _, label_id, _ in _CLASSES)
INFO = DatasetInfo(
    name="cityscapes",
    classes=tuple(name for name, _, _ in _CLASSES),
    palette=tuple(colour for _, _, colour in _CLASSES),
    mean_rgb=(73.158, 82.909, 72.392),
    image_size=(1024, 2048),
    splits=("train", "val", "test", "demoVideo"),
    source="https://www.cityscapes-dataset.com",
)
_NUM_IDS = 34
_SNIPPET_FRAMES = 30
_SEQUENCES, _SINGLE_IMAGES, _LABELS = "leftImg8bit_sequence", "leftImg8bit", "gtFine"
_LABELLED_SPLITS = ("train", "val")
_IMAGE = "leftImg8bit.png"
_LABEL_IDS, _LABEL_TRAIN_IDS = "gtFine_labelIds.png", "gtFine_labelTrainIds.png"


FrameId = tuple[str, str]  # sequence and frame, six digits each


# 255 is what 8 bits store for -1, the id of licence plates.
ID_ENCODING = ids_and_255(
    [IDS.index(i) if i in IDS else IGNORE_LABEL for i in range(_NUM_IDS)]
)
_ENCODINGS = {
    _LABEL_IDS: ID_ENCODING,
    _LABEL_TRAIN_IDS: ids_and_255(range(len(IDS))),
}


def read_videos(data_dir: str, split: str) -> list[Video]:
    """The sequences of a split, named `<city>/<sequence>`, sorted by name.

    They come from `leftImg8bit_sequence` or, if that has no image of the split, from
    `leftImg8bit`. Cities may be missing. No frame of `test` and `demoVideo` has a
    label: the files in `gtFine/test` are placeholders.

    Raises:
        FileNotFoundError: If a folder is missing.
        IncompleteVideosError: If a city has no frame, a snippet no label or a label
            no image.
        ValueError: If `split` is unknown.
    """
    INFO.check_split(split)
    root = Path(data_dir)
    cities = _city_folders(root, split)
    labels = None
    if split in _LABELLED_SPLITS:
        labels = find_folder(root, f"{_LABELS}/{split}")
        if not labels.is_dir():
            raise FileNotFoundError(
                f"{labels} is missing; {_layout(root, split)}"
                f"{hint(root, f'{_LABELS}/{split}')}"
            )

    def reader(city):
        return lambda: _read_city(city, labels and labels / city.name)

    videos, faults = read_each({f"{city.name}/": reader(city) for city in cities})
    if labels:
        faults += [fault for v in videos for fault in _unlabelled_snippets(v, labels)]
    require_whole(videos, faults)
    return videos


def _city_folders(root: Path, split: str) -> list[Path]:
    """The folders of the cities, from the first tree that holds an image of any."""
    names = [f"{tree}/{split}" for tree in (_SEQUENCES, _SINGLE_IMAGES)]
    found = []
    for name in names:
        split_folder = find_folder(root, name)
        cities = find_folders(split_folder, 1) if split_folder.is_dir() else []
        if any(not can_be_listed(city) or list_folder(city) for city in cities):
            return cities
        found += cities
    if found:
        return found
    missing = root / _SEQUENCES / split
    raise FileNotFoundError(
        f"{missing}/<city>/ is missing; {_layout(root, split)}{hint(root, *names)}"
    )


def _layout(root: Path, split: str) -> str:
    labels = f", and {_LABELS}/{split}/<city>/" if split in _LABELLED_SPLITS else ""
    return (
        f"{root} should hold Cityscapes: {_SEQUENCES}/{split}/<city>/ or, for single "
        f"images and the demo videos, {_SINGLE_IMAGES}/{split}/<city>/{labels}"
    )


def _read_city(folder: Path, labels: Path | None) -> list[Video]:
    """The sequences in a city's folder; `labels` is its folder of labels, or None."""
    city = folder.name
    images = _files_by_frame(folder, city, _IMAGE)
    if not images:
        raise FileNotFoundError(
            f"{folder} holds no frame; images such as {city}_000000_000019_{_IMAGE} "
            f"should be there, or the folder should be removed"
        )
    ending, labelled = _label_files(labels, city) if labels else (_LABEL_IDS, {})
    needs_label = labels and folder.parents[1].name == _SINGLE_IMAGES
    sequences: dict[str, list[Frame]] = {}
    for sequence, number in sorted(images.keys() | labelled.keys()):
        frame = sequence, number
        stem = f"{city}_{sequence}_{number}"
        label = None
        if labels and (needs_label or frame in labelled):
            label = str(labels / labelled.get(frame, f"{stem}_{ending}"))
        image = str(folder / images.get(frame, f"{stem}_{_IMAGE}"))
        sequences.setdefault(sequence, []).append(Frame(image, label, int(number)))
    # Only frames one number apart are neighbours, even if the single images of a
    # sequence happen to have equal distances.
    return [
        Video(f"{city}/{sequence}", tuple(frames), 1, _ENCODINGS[ending])
        for sequence, frames in sequences.items()
    ]


def _files_by_frame(folder: Path, city: str, ending: str) -> dict[FrameId, str]:
    """The files of `folder` with that ending, by (sequence, frame)."""
    name = re.compile(rf"{re.escape(city)}_(\d{{6}})_(\d{{6}})_{re.escape(ending)}")
    return {
        (match[1], match[2]): actual_name
        for lowered, actual_name in files_by_name(folder).items()
        if (match := name.fullmatch(lowered))
    }


def _label_files(folder: Path, city: str) -> tuple[str, dict[FrameId, str]]:
    """The ending of a city's labels and the files with that ending.

    If there are labels of both kinds, the kind with more files is taken.
    """
    found: dict[str, dict[FrameId, str]] = {ending: {} for ending in _ENCODINGS}
    if os.path.lexists(folder):
        found = {ending: _files_by_frame(folder, city, ending) for ending in found}
    ending = max(found, key=lambda ending: len(found[ending]))
    if not found[ending]:
        raise FileNotFoundError(
            f"{folder} is missing or holds no label; label maps such as "
            f"{city}_000000_000019_{_LABEL_IDS} (or {_LABEL_TRAIN_IDS}) should be there"
        )
    return ending, found[ending]


def _unlabelled_snippets(video: Video, labels: Path) -> Iterator[Fault]:
    """Yields a fault for every 30 consecutive frames without a label."""
    for run in video.unbroken_runs():
        unlabelled: list[int] = []
        for frame in run:
            unlabelled = [] if frame.label else [*unlabelled, frame.number]
            if len(unlabelled) == _SNIPPET_FRAMES:
                yield Fault(
                    f"{labels / video.name.split('/')[0]} holds no label for the "
                    f"frames {unlabelled[0]} to {unlabelled[-1]} of {video.name}; "
                    f"every snippet of {_SNIPPET_FRAMES} frames should have one",
                    (video.name,),
                )
                unlabelled = []
