"""Finds the parts of a data set below its folder, and why one may be missing."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from data.files.listing import can_be_listed, list_folder

_ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz")
_MOST_FOLDERS = 1000  # that are looked into for a hint


def find_folder(root: Path, name: str) -> Path:
    """The folder `name` of a data set, wherever its archive was unpacked.

    Args:
        root: Folder of the data set.
        name: Of the folder within an archive, such as `gtFine/train`.

    Returns:
        `root/name`; or the first `root/ARCHIVE/name`, if the archive was unpacked into
        a folder of its own. `root/name` if there is neither.
    """
    if not (root / name).is_dir():
        for folder in _folders_in(root):
            if (folder / name).is_dir():
                return folder / name
    return root / name


def files_by_name(folder: Path) -> dict[str, str]:
    """The names of the files in a folder, by the same names with a lower-case suffix.

    `a.PNG` is found as `a.png`, unless there is an `a.png`, too.

    Raises:
        FileNotFoundError: If there is no folder at `folder`.
        ValueError: If it cannot be read.
    """
    names = list_folder(folder)
    stems = map(os.path.splitext, names)
    lowered = {
        stem + suffix.lower(): name
        for (stem, suffix), name in zip(stems, names, strict=True)
    }
    return lowered | {name: name for name in names}


def hint(root: Path, *names: str) -> str:
    """A probable reason why a part of a data set is not in `root`.

    Args:
        root: Folder that should hold it.
        names: Of files and folders that the data set is known by.

    Returns:
        The end of a sentence, beginning with a semicolon; empty if nothing is found.
    """
    if not root.is_dir():
        what = "is a file" if root.exists() else "does not exist"
        return f"; {root} {what}"
    archives = list(_archives(root))
    parts = tuple(name.split("/")[0] for name in names)
    for archive in archives:
        if archive.name.startswith(parts):
            return f"; {archive} is there, and has to be unpacked"
    for place in (root.absolute().parent, *islice(_places_below(root), _MOST_FOLDERS)):
        for name in names:
            if (place / name).exists():
                return f"; {place / name} is there, so give the folder {place} instead"
    return f"; {archives[0]} may have to be unpacked" if archives else ""


def _archives(root: Path) -> Iterator[Path]:
    for folder in (root, *_folders_in(root)):
        if can_be_listed(folder):
            names = list_folder(folder)
            yield from (folder / n for n in names if n.lower().endswith(_ARCHIVES))


def _places_below(root: Path) -> Iterator[Path]:
    """The folders in `root`, and those in them."""
    for folder in _folders_in(root):
        yield folder
        yield from _folders_in(folder)


def _folders_in(folder: Path) -> list[Path]:
    if not can_be_listed(folder):
        return []
    return [path for name in list_folder(folder) if (path := folder / name).is_dir()]
