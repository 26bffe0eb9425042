"""A folder tree with one file per frame: label maps, images or flow of any program."""

import os
import re
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from data.files.images import IMAGE_SUFFIXES
from data.files.listing import is_hidden, natural_order, refuse_url
from data.labels.encodings import IndexEncoding
from data.videos.frame_order import FrameOrder, split_videos
from data.videos.video import Frame, Video

# How data sets name the files of a frame.
_CITYSCAPES = re.compile(r"(?P<video>.+_\d{6})_(?P<number>\d{6})(?:_.+)?")
_KEYS = (
    re.compile(r"(.+_\d{6}_\d{6})_.+"),  # Cityscapes: .._leftImg8bit, .._labelIds
    re.compile(r"(?:rgb|classgt|flow)_(\d{5})"),  # Virtual KITTI 2
    re.compile(r"(.+)_L"),  # the original CamVid
)
_NO_LABELS = IndexEncoding(())
# Folders by which Virtual KITTI 2 tells kinds of files apart, not videos.
_KINDS = {"frames", "rgb", "classSegmentation", "classsegmentation", "forwardFlow"}


@dataclass(frozen=True)
class TreeFile:
    """A file of a frame.

    Attributes:
        path: Where it is.
        place: Its folder within the tree, names joined by `/`; "" for the tree's own.
        key: The part of the name that all files of the frame share, see `frame_key`.
    """

    path: str
    place: str
    key: str


def frame_key(stem: str) -> str:
    """The part of a file name that the image, label and prediction of a frame share."""
    for pattern in _KEYS:
        if match := pattern.fullmatch(stem):
            return match[1]
    return stem


class FrameTree:
    """All files below a folder that end in one of some suffixes.

    Args:
        root: The folder.
        suffixes: Such as `.png`, in lower case.
        what: Name of the kind of files, for errors.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If it cannot be read, holds no such file, or two of them are of
            the same frame.

    Warns:
        RuntimeWarning: If images of other formats lie beside the files.
    """

    def __init__(self, root: str | Path, suffixes: Sequence[str], what: str):
        refuse_url(root, f"a folder of {what}")
        self.root = Path(root)
        if not self.root.is_dir():
            kind = "is a file" if self.root.exists() else "is missing"
            raise FileNotFoundError(
                f"{root} {kind}; a folder of {what} should be there"
            )
        found = _files_below(self.root, (*suffixes, *IMAGE_SUFFIXES))
        self.files = tuple(f for f in found if _suffix(f.path) in suffixes)
        others = [f.path for f in found if _suffix(f.path) not in suffixes]
        if not self.files:
            but = f" but images such as {others[0]}" if others else ""
            raise ValueError(
                f"{root} holds no {what}{but}; files ending in {', '.join(suffixes)} "
                f"should be there or in folders below, one folder per video"
            )
        if others:
            warnings.warn(
                f"{len(others)} images in {root}, such as {others[0]}, are not read: "
                f"{what} are files ending in {', '.join(suffixes)}",
                RuntimeWarning,
                stacklevel=2,
            )
        self._by_place: dict[tuple[str, str], TreeFile] = {}
        self._by_key: dict[str, list[TreeFile]] = defaultdict(list)
        for file in self.files:
            other = self._by_place.setdefault((file.place, file.key), file)
            if other is not file:
                raise ValueError(
                    f"{other.path} and {file.path} belong to the same frame; there "
                    f"should be one file per frame"
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
            anywhere: Whether the file may lie in another folder; the caller makes sure
                that `key` means only one frame.
        """
        file = self._by_place.get((place, key))
        alike = self._by_key.get(key, ())
        if file is None and anywhere and len(alike) == 1:
            file = alike[0]
        return None if file is None else file.path

    def videos(self) -> list[Video]:
        """The files as videos without labels; `image` of a frame is its file.

        Every folder is a video, or several where the names of its files say so, see
        `split_videos`.

        Raises:
            ValueError: If two files of a video have the same number.
        """
        places = defaultdict(list)
        for file in self.files:
            places[file.place].append(file)
        return [
            video
            for place, files in places.items()
            for video in self._videos_of_folder(place, files)
        ]

    def _videos_of_folder(
        self, place: str, files: Sequence[TreeFile]
    ) -> Iterator[Video]:
        files = sorted(files, key=lambda file: natural_order(file.key))
        matches = [_CITYSCAPES.fullmatch(file.key) for file in files]
        if all(matches):
            groups = _videos_of_cityscapes(matches)
        else:
            try:
                groups = split_videos([file.key for file in files])
            except ValueError as error:
                raise ValueError(f"{self.root / place}: {error}") from None
        for text, (indices, order) in groups.items():
            parts = (place, text) if len(groups) > 1 else (place,)
            name = "/".join(filter(None, parts)) or self.root.resolve().name
            frames = tuple(
                Frame(files[index].path, None, number)
                for index, number in zip(indices, order.numbers, strict=True)
            )
            yield Video(name, frames, order.spacing, _NO_LABELS, order.note)


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


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _refuse(error):
    raise ValueError(f"{error.filename} cannot be read as a folder: {error.strerror}")


def _videos_of_cityscapes(matches):
    """Like `split_videos`, but labelled images are never neighbours."""
    indices = defaultdict(list)
    for index, match in enumerate(matches):
        indices[match["video"]].append(index)
    return {
        video: (found, FrameOrder(tuple(int(matches[i]["number"]) for i in found), 1))
        for video, found in indices.items()
    }
