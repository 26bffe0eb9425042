"""Where files are: folders listed in natural order, and URLs told apart from paths."""

import os
import re
from pathlib import Path

_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def is_url(source: object) -> bool:
    """Whether `source` is a string that begins as `https://` or `rtsp://` do.

    Call it before `Path` turns the string into `https:/`.
    """
    return isinstance(source, str) and _URL.match(source) is not None


def refuse_url(source: object, what: str) -> None:
    """Raises a `ValueError` that quotes `source` if it is a URL and not a path.

    Args:
        source: The value that was given as a path.
        what: What should be at the path, for the error.
    """
    if is_url(source):
        raise ValueError(f"{source} is a URL; the path of {what} is needed")


def list_folder(folder: Path) -> list[str]:
    """The names in `folder` in natural order, without hidden ones.

    Raises:
        FileNotFoundError: If it is missing.
        ValueError: If it cannot be read as a folder.
    """
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{folder} is missing; a folder should be there"
        ) from None
    except OSError as error:
        raise ValueError(
            f"{folder} cannot be read as a folder: {error.strerror}"
        ) from None
    return sorted((n for n in names if not is_hidden(n)), key=natural_order)


def is_hidden(name: str) -> bool:
    """Whether a file or folder is not the user's own: `.name`, and macOS's `__MACOSX`.

    ZIP files made by macOS also hold a folder `__MACOSX` with attributes of the files.
    """
    return name.startswith(".") or name == "__MACOSX"


def find_folders(root: Path, depth: int) -> list[Path]:
    """The folders `depth` levels below `root`, in natural order.

    A folder on the way that cannot be opened, such as a link to itself, is returned
    too, so that reading it raises the error that names it.
    """
    folders = [root]
    for _ in range(depth):
        folders = [inner for folder in folders for inner in _inner_folders(folder)]
    return folders


def can_be_listed(folder: Path) -> bool:
    """Whether `list_folder` raises no error."""
    try:
        list_folder(folder)
    except (FileNotFoundError, ValueError):
        return False
    return True


def _inner_folders(folder):
    if not can_be_listed(folder):
        return [folder]
    paths = (folder / name for name in list_folder(folder))
    return [path for path in paths if not path.is_file()]


_DIGITS = re.compile(r"(\d+)")


def split_numbers(name: str) -> list[str]:
    """Splits `a12b3` into `a`, `12`, `b`, `3` and an empty text at the end."""
    return _DIGITS.split(name)


def natural_order(name: str) -> tuple:
    """A key for `sorted` that compares numbers by value: `f2` comes before `f10`."""
    parts = split_numbers(name)
    # The second key tells 01 from 1, so that the order is always the same.
    return [int(part) if part.isdecimal() else part for part in parts], name


def why_no_file(path: Path) -> str:
    """What an error says of a path that is not that of a regular file."""
    if path.is_dir():
        return "is a folder"
    return "is not a regular file" if path.exists() else "is missing"
