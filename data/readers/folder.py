"""A plain folder of the user's own videos, with a small file of class names.

    classes.json
    images/VIDEO/frame_0001.png, ...     one folder per video; .png, .jpg or .jpeg
    labels/VIDEO/frame_0001.png, ...     PNGs of the same names, for any of the frames

`classes.json` must have `classes`; the other keys are optional:

    {
      "classes": ["road", "car", "sky"],
      "palette": [[128, 64, 128], [0, 0, 142], [70, 130, 180]],
      "labels": "ids",
      "mean_rgb": [105.0, 108.4, 110.3],
      "splits": {"train": ["monday", "tuesday"], "val": ["friday"]}
    }

- `labels`: `ids` for grey or paletted PNGs, in which 0 is the first class, 1 the
  second and so on, and 255 marks pixels of no class; or `colours` for PNGs in the
  colours of `palette`, in which black marks pixels of no class, unless black is the
  colour of a class. Masks of 0 and 255 need `colours` and the palette
  `[[0, 0, 0], [255, 255, 255]]`.
- `palette`: RGB per class; by default the colours of PASCAL VOC.
- `mean_rgb`: mean colour of the images; by default measured on a few of them.
- `splits`: the videos of each split by name; the first split is trained on and the
  second one scored, unless flags say otherwise. By default, the last fifth of every
  video is `val` and the rest `train`. There is always a split `all`.

Frames are in the natural order of their names. Where a number at one place of all
names rises evenly, frames that were left out are seen as a gap; otherwise, as with
times of day, frames follow each other without gaps. `check_data` says which.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from data.files.images import read_undamaged_image
from data.files.listing import find_folders, list_folder, natural_order
from data.readers.dataset_info import DatasetInfo
from data.readers.folder_settings import (
    ALL,
    FILE_NAME,
    FolderSettings,
    read_settings,
)
from data.videos.frame_order import order_frames
from data.videos.video import (
    Frame,
    Video,
    read_each,
    require_whole,
)

NAME = "folder"
_IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")
_LABEL_SUFFIXES = (*_IMAGE_SUFFIXES, ".bmp", ".gif", ".tif", ".tiff", ".webp")
_DEFAULT_SPLITS = ("train", "val")
_SAMPLES = 16  # images that the mean colour is measured on


def read_info(data_dir: str) -> DatasetInfo:
    """The facts of the folder, from `classes.json` and a few of its images.

    Raises:
        FileNotFoundError: If `classes.json`, or every folder of a video, is missing.
        ValueError: If `classes.json` is not as described above, or no image can be
            read.
    """
    root = Path(data_dir)
    settings = read_settings(root)
    images = _sample_images(root, _SAMPLES if settings.mean_rgb is None else 1)
    mean = settings.mean_rgb
    if mean is None:
        means = [image.mean(axis=(0, 1)) for image in images]
        red, green, blue = np.mean(means, axis=0).round(3).tolist()
        mean = red, green, blue
    height, width = images[0].shape[:2]
    return DatasetInfo(
        name=NAME,
        classes=settings.classes,
        palette=settings.palette,
        mean_rgb=mean,
        image_size=(height, width),
        splits=(*(settings.splits or _DEFAULT_SPLITS), ALL),
        source=str(root),
    )


def read_videos(data_dir: str, split: str) -> list[Video]:
    """The videos of a split, sorted by name.

    Raises:
        FileNotFoundError: If `classes.json` is missing, or no video is long enough for
            a part of it to be `val`.
        IncompleteVideosError: If the folder of a video or the image of a label is
            missing, two images of a video have the same number, or a folder is empty.
        ValueError: If `split` is unknown or empty, or `classes.json` is not as
            described above.
    """
    root = Path(data_dir)
    settings = read_settings(root)

    def reader(name):
        return lambda: _read_video(root, name, settings, split)

    names = _names_of_split(root, settings.splits, split)
    videos, faults = read_each({name: reader(name) for name in names})
    if not videos and not faults:
        raise FileNotFoundError(
            f"{root / 'images'} holds no video of at least five frames, whose last "
            f"fifth would be the split {split}; `splits` in {root / FILE_NAME} can say "
            f"which videos belong to which split"
        )
    require_whole(videos, faults)
    return videos


def _read_video(
    root: Path, name: str, settings: FolderSettings, split: str
) -> list[Video]:
    """The frames of a video that belong to a split; no video if there are none."""
    video = _read_whole_video(root, name, settings)
    if settings.splits is None:
        video = replace(video, frames=_part_of(video.frames, split))
    return [video] if video.frames else []


def _names_of_split(
    root: Path, splits: dict[str, list[str]] | None, split: str
) -> list[str]:
    known = (*(splits or _DEFAULT_SPLITS), ALL)
    if split not in known:
        raise ValueError(
            f"`split` must be one of {', '.join(known)} for {root}. Received: "
            f"split={split!r}"
        )
    if splits is None or split == ALL:
        return _video_names(root)
    if not splits[split]:
        raise ValueError(f"{root / FILE_NAME}: the split {split} names no video")
    return sorted(splits[split], key=natural_order)


def _video_names(root: Path) -> list[str]:
    folder = root / "images"
    list_folder(folder)  # raises an error if it cannot be read
    names = [path.name for path in find_folders(folder, 1)]
    if not names:
        raise FileNotFoundError(
            f"{folder} holds no folder; one folder of images per video should be there"
        )
    return names


def _part_of(frames: tuple[Frame, ...], split: str) -> tuple[Frame, ...]:
    border = len(frames) - len(frames) // 5
    parts = {"train": slice(border), "val": slice(border, None), ALL: slice(None)}
    return frames[parts[split]]


def _read_whole_video(root: Path, name: str, settings: FolderSettings) -> Video:
    images = _files(root / "images" / name, _IMAGE_SUFFIXES)
    if not images:
        raise FileNotFoundError(
            f"{root / 'images' / name} holds no image; files ending in "
            f"{', '.join(_IMAGE_SUFFIXES)} should be there"
        )
    label_folder = root / "labels" / name
    labels = _label_files(label_folder) if os.path.lexists(label_folder) else {}
    # A label without an image gets the path that its image should have.
    paths = {stem: f"{root / 'images' / name / stem}.png" for stem in labels} | images
    stems = sorted(paths, key=natural_order)
    try:
        order = order_frames(stems)
    except ValueError as error:
        raise ValueError(f"{root / 'images' / name}: {error}") from None
    frames = tuple(
        Frame(paths[stem], labels.get(stem), number)
        for stem, number in zip(stems, order.numbers, strict=True)
    )
    return Video(name, frames, order.spacing, settings.label_encoding, order.note)


def _label_files(folder: Path) -> dict[str, str]:
    """Paths of the labels of a video by stem.

    Raises:
        ValueError: If a label is an image file of another format.
    """
    labels = _files(folder, _LABEL_SUFFIXES)
    for path in labels.values():
        if not path.lower().endswith(".png"):
            raise ValueError(
                f"{path} is not a PNG; labels must be PNGs, since JPEG and other "
                f"formats may change the ids"
            )
    return labels


def _files(folder: Path, suffixes: Sequence[str]) -> dict[str, str]:
    """Paths of the files of `folder` that end in one of `suffixes`, by stem.

    Raises:
        ValueError: If two of them have the same stem.
    """
    files: dict[str, str] = {}
    for name in list_folder(folder):
        stem, suffix = os.path.splitext(name)
        if suffix.lower() not in suffixes:
            continue
        path = str(folder / name)
        if files.setdefault(stem, path) != path:
            raise ValueError(
                f"{files[stem]} and {path} are the same frame; remove one of them"
            )
    return files


def _sample_images(root: Path, count: int) -> list[np.ndarray]:
    """At most `count` images, spread over all videos.

    Images that cannot be read are left out; reading the videos reports them.

    Raises:
        ValueError: If no image can be read.
    """
    paths, error = _image_paths(root)
    images = []
    for path in paths[:: max(1, len(paths) // count)]:
        try:
            images.append(read_undamaged_image(path))
        except (FileNotFoundError, ValueError) as this_error:
            error = str(this_error)
        if len(images) == count:
            break
    if not images:
        raise ValueError(f"{root / 'images'} holds no image that can be read: {error}")
    return images


def _image_paths(root: Path) -> tuple[list[str], str]:
    """Paths of all images, and why those of the last faulty video are missing."""
    paths: list[str] = []
    error = "the folders in it are empty"
    for name in _video_names(root):
        try:
            paths += _files(root / "images" / name, _IMAGE_SUFFIXES).values()
        except (FileNotFoundError, ValueError) as this_error:
            error = str(this_error)
    return paths, error
