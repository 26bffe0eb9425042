"""Cityscapes: drives through 50 cities, 2048x1024, 19 classes.

    leftImg8bit_sequence/<split>/<city>/<city>_<sequence>_<frame>_leftImg8bit.png
    leftImg8bit/<split>/<city>/<city>_<sequence>_<frame>_leftImg8bit.png
    gtFine/<split>/<city>/<city>_<sequence>_<frame>_gtFine_labelIds.png

The first tree holds snippets of 30 frames, 17 a second, of which the 20th is
labelled; the second holds the labelled frames alone, and the demo videos. In most
cities a sequence is one snippet and its label is frame 19; in cities such as
Frankfurt a sequence holds many snippets and a labelled frame may have any number.
Labels may also be `..._gtFine_labelTrainIds.png`, which Cityscapes' own scripts make.
Source: https://www.cityscapes-dataset.com and
https://github.com/mcordts/cityscapesScripts, helpers/labels.py.
"""

import os
import re
from pathlib import Path

from data.files.listing import find_folders, list_folder
from data.labels.encodings import IGNORE_LABEL, NOT_ALLOWED, IndexEncoding
from data.readers.dataset_info import DatasetInfo
from data.videos.video import Frame, Video, require_whole

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


def _encoding(classes):
    """`classes` by id, and 255 = ignored: what -1, the licence plates, is in 8 bits."""
    between = [NOT_ALLOWED] * (255 - len(classes))
    return IndexEncoding([*classes, *between, IGNORE_LABEL])


ID_ENCODING = _encoding(
    [IDS.index(i) if i in IDS else IGNORE_LABEL for i in range(_NUM_IDS)]
)
_ENCODINGS = {
    _LABEL_IDS: ID_ENCODING,
    _LABEL_TRAIN_IDS: _encoding(range(len(IDS))),
}


def read_videos(data_dir: str, split: str) -> list[Video]:
    """The sequences of a split, named `<city>/<sequence>`, in the order of names.

    They come from `leftImg8bit_sequence` or, where that has no such split, from
    `leftImg8bit`. Every city that is there is read; it need not be all of them. No
    frame of `test` and `demoVideo` has a label: what lies in `gtFine/test` are
    placeholders.

    Raises:
        FileNotFoundError: If a folder is missing.
        IncompleteVideosError: If a city has no frame, a snippet no label or a label
            no image.
        ValueError: If `split` is unknown.
    """
    INFO.check_split(split)
    root = Path(data_dir)
    folders = _city_folders(root, split)
    labels = root / _LABELS / split if split in _LABELLED_SPLITS else None
    if labels and not labels.is_dir():
        raise FileNotFoundError(f"{labels} is missing; {_layout(root, split)}")
    videos, faults = [], []
    for folder in folders:
        try:
            videos += _read_city(folder, labels and labels / folder.name)
        except (FileNotFoundError, ValueError) as error:
            faults.append(str(error))
    if labels:
        faults += [fault for v in videos for fault in _unlabelled_snippets(v, labels)]
    require_whole(videos, faults)
    return videos


def _city_folders(root, split):
    for tree in (_SEQUENCES, _SINGLE_IMAGES):
        cities = root / tree / split
        if cities.is_dir() and (folders := find_folders(cities, 1)):
            return folders
    missing = root / _SEQUENCES / split
    raise FileNotFoundError(f"{missing}/<city>/ is missing; {_layout(root, split)}")


def _layout(root, split):
    labels = f", and {_LABELS}/{split}/<city>/" if split in _LABELLED_SPLITS else ""
    return (
        f"{root} should hold Cityscapes: {_SEQUENCES}/{split}/<city>/ or, for single "
        f"images and the demo videos, {_SINGLE_IMAGES}/{split}/<city>/{labels}"
    )


def _read_city(folder, labels):
    """The sequences in a city's folder; `labels` is its folder of labels, or None."""
    city = folder.name
    images = _frames(folder, city, _IMAGE)
    if not images:
        raise FileNotFoundError(
            f"{folder} holds no frame; {city}_000000_000019_{_IMAGE} or others like "
            f"it should be there"
        )
    ending, labelled = _labelled_frames(labels, city) if labels else (_LABEL_IDS, set())
    if labels and folder.parents[1].name == _SINGLE_IMAGES:
        labelled = labelled | images
    sequences = {}
    for frame in sorted(images | labelled):
        sequence, number = frame
        stem = f"{city}_{sequence}_{number}"
        label = str(labels / f"{stem}_{ending}") if frame in labelled else None
        sequences.setdefault(sequence, []).append(
            Frame(str(folder / f"{stem}_{_IMAGE}"), label, int(number))
        )
    # Frames are neighbours at a distance of 1 alone, also where the single images of
    # a sequence happen to lie at equal distances.
    return [
        Video(f"{city}/{sequence}", tuple(frames), 1, _ENCODINGS[ending])
        for sequence, frames in sequences.items()
    ]


def _frames(folder, city, ending):
    """(sequence, frame), six digits each, of the files with that ending."""
    name = re.compile(rf"{re.escape(city)}_(\d{{6}})_(\d{{6}})_{re.escape(ending)}")
    matches = map(name.fullmatch, list_folder(folder))
    return {match.groups() for match in matches if match}


def _labelled_frames(folder, city):
    """The ending of a city's labels and the frames that have one.

    Where there are labels of both kinds, the kind that is more complete is taken.
    """
    found = {ending: set() for ending in _ENCODINGS}
    if os.path.lexists(folder):
        found = {ending: _frames(folder, city, ending) for ending in _ENCODINGS}
    ending = max(found, key=lambda ending: len(found[ending]))
    if not found[ending]:
        raise FileNotFoundError(
            f"{folder} is missing or holds no label; {city}_000000_000019_{_LABEL_IDS} "
            f"(or {_LABEL_TRAIN_IDS}) or others like it should be there"
        )
    return ending, found[ending]


def _unlabelled_snippets(video, labels):
    """Yields a sentence for every 30 frames in a row without the label they need."""
    for run in video.unbroken_runs():
        unlabelled = []
        for frame in run:
            unlabelled = [] if frame.label else [*unlabelled, frame.number]
            if len(unlabelled) == _SNIPPET_FRAMES:
                yield (
                    f"{labels / video.name.split('/')[0]} holds no label for the "
                    f"frames {unlabelled[0]} to {unlabelled[-1]} of {video.name}; "
                    f"every snippet of {_SNIPPET_FRAMES} frames should have one"
                )
                unlabelled = []
