"""A folder tree with one file a frame, whoever wrote it: label maps, images, flow."""

import os
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from data.files.listing import is_hidden, natural_order, refuse_url, split_numbers
from data.videos.video import Frame, Video, most_common_spacing

# How data sets call the files of a frame, and what these names have in common.
_CITYSCAPES = re.compile(r"(?P<video>.+_\d{6})_(?P<number>\d{6})(?:_.+)?")
_KEYS = (
    re.compile(r"(.+_\d{6}_\d{6})_.+"),  # Cityscapes: .._leftImg8bit, .._labelIds
    re.compile(r"(?:rgb|classgt|flow)_(\d{5})"),  # Virtual KITTI 2
    re.compile(r"(.+)_L"),  # the original CamVid
)
# Folders by which Virtual KITTI 2 tells kinds of files apart, not videos.
_KINDS = {"frames", "rgb", "classSegmentation", "classsegmentation", "forwardFlow"}


@dataclass(frozen=True)
class TreeFile:
    """A file of a frame.

    Attributes:
        path: Where it is.
        place: Its folder within the tree, names joined by `/`; "" for the tree's own.
        key: What all files of the frame are called, see `frame_key`.
    """

    path: str
    place: str
    key: str


def frame_key(stem: str) -> str:
    """What the names of a frame's image, label and prediction have in common."""
    for pattern in _KEYS:
        if match := pattern.fullmatch(stem):
            return match[1]
    return stem


class FrameTree:
    """All files below a folder that end in one of some suffixes.

    Args:
        root: The folder.
        suffixes: Such as `.png`, in lower case.
        what: What the files are, for errors.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If it cannot be read, holds no such file, or two of them are of
            the same frame.
    """

    def __init__(self, root: str | Path, suffixes: Sequence[str], what: str):
        refuse_url(root, f"a folder of {what}")
        self.root = Path(root)
        if not self.root.is_dir():
            kind = "is a file" if self.root.exists() else "is missing"
            raise FileNotFoundError(
                f"{root} {kind}; a folder of {what} should be there"
            )
        self.files = tuple(_files_below(self.root, suffixes))
        if not self.files:
            raise ValueError(
                f"{root} holds no {what}; files ending in {', '.join(suffixes)} should "
                f"be there or in folders below, one folder a video"
            )
        self._by_place = {}
        self._by_key = defaultdict(list)
        for file in self.files:
            other = self._by_place.setdefault((file.place, file.key), file)
            if other is not file:
                raise ValueError(
                    f"{other.path} and {file.path} belong to the same frame; one "
                    f"file a frame should be there, if no data set says which is which"
                )
            self._by_key[file.key].append(file)

    @cached_property
    def has_unique_keys(self) -> bool:
        return len(self._by_key) == len(self.files)

    def find(self, place: str, key: str, anywhere: bool = False) -> str | None:
        """The path of a frame's file, `None` if there is none.

        Args:
            place: Folder of the frame within another tree, or name of its video.
            key: Of the frame.
            anywhere: Whether a file in another folder will do; the caller makes sure
                that there `key` means one frame alone.
        """
        file = self._by_place.get((place, key))
        alike = self._by_key.get(key, ())
        if file is None and anywhere and len(alike) == 1:
            file = alike[0]
        return file and file.path

    def videos(self) -> list[Video]:
        """The files as videos without labels; `image` of a frame is its file.

        Every folder is a video, or several where the names differ in more than the
        last number that changes, which counts the frames. Where names tell nothing,
        a folder is one video in natural order.

        Raises:
            ValueError: If two files of a video have the same number.
        """
        places = defaultdict(list)
        for file in self.files:
            places[file.place].append(file)
        return [
            _video(name, group, spacing)
            for place, files in places.items()
            for name, group, spacing in self._named_groups(place, files)
        ]

    def _named_groups(self, place, files):
        """Yields (name, numbered files, spacing or None) of a folder's videos."""
        groups = _groups(files)
        for text, (numbered, spacing) in groups.items():
            parts = (place, text) if len(groups) > 1 else (place,)
            name = "/".join(filter(None, parts))
            yield name or self.root.resolve().name, numbered, spacing


def _files_below(root, suffixes):
    found, seen = [], set()
    for folder, folders, names in os.walk(root, followlinks=True, onerror=_refuse):
        real = os.path.realpath(folder)
        if real in seen:  # a link to a folder above it
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted((f for f in folders if not is_hidden(f)), key=natural_order)
        parts = Path(folder).relative_to(root).parts
        place = "/".join(part for part in parts if part not in _KINDS)
        for name in sorted(names, key=natural_order):
            stem, suffix = os.path.splitext(name)
            if suffix.lower() in suffixes and name[0] != ".":
                path = os.path.join(folder, name)
                found.append(TreeFile(path, place, frame_key(stem)))
    return found


def _refuse(error):
    raise ValueError(f"{error.filename} cannot be read as a folder: {error.strerror}")


def _groups(files):
    """The files of a folder by what their names say of the video.

    Returns:
        For every text that stands for a video, pairs (number, file) and the spacing,
        `None` for the most common one.
    """
    matches = [_CITYSCAPES.fullmatch(file.key) for file in files]
    groups = defaultdict(lambda: ([], None))
    if all(matches):
        # Labelled images happen to lie at equal distances and are no neighbours.
        groups.default_factory = lambda: ([], 1)
        for file, match in zip(files, matches, strict=True):
            groups[match["video"]][0].append((int(match["number"]), file))
        return groups
    by_text = defaultdict(list)
    for file in files:
        by_text[tuple(split_numbers(file.key)[::2])].append(file)
    for alike in by_text.values():
        for text, number, file in _split_at_number(alike):
            groups[text][0].append((number, file))
    if len(groups) == len(files) > 1:  # the names do not tell videos apart
        return {"": (list(enumerate(files)), None)}
    return groups


def _split_at_number(files):
    """Yields (text, number, file) of files that differ in numbers alone.

    The last number counts frames, unless no two files are then of one video.
    """
    split = [split_numbers(file.key) for file in files]
    places = range(1, len(split[0]), 2)
    if not places:
        return [(files[0].key, 0, files[0])]
    last = places[-1]
    counter = next(
        (p for p in reversed(places) if len({_rest(s, p) for s in split}) < len(files)),
        last,
    )
    return [
        (_rest(parts, counter), int(parts[counter]), file)
        for parts, file in zip(split, files, strict=True)
    ]


def _rest(parts, place):
    """What a name says beside the number at one of its parts."""
    texts = "".join(parts[:place]), "".join(parts[place + 1 :])
    return "_".join(filter(None, (text.strip("_-. ") for text in texts)))


def _video(name, numbered, spacing):
    frames = {}
    for number, file in sorted(numbered, key=lambda pair: pair[0]):
        if number in frames:
            raise ValueError(
                f"{frames[number].image} and {file.path} both have frame number "
                f"{number}; numbers within a video must differ"
            )
        frames[number] = Frame(file.path, None, number)
    spacing = spacing or most_common_spacing(list(frames))
    return Video(name, tuple(frames.values()), spacing, label_encoding=None)
