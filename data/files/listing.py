"""What lies in folders."""

import os
import re
from pathlib import Path


def list_folder(folder: Path) -> list[str]:
    """Names in `folder`, hidden ones left out, in natural order.

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
    """Whether a file or folder is none of the user's: `.name`, and macOS's `__MACOSX`.

    ZIP files made by macOS hold, beside the files, a folder `__MACOSX` of their
    attributes.
    """
    return name.startswith(".") or name == "__MACOSX"


def find_folders(root: Path, depth: int) -> list[Path]:
    """The folders `depth` levels below `root`, in natural order.

    What cannot be opened, such as a link to itself, counts as one of them wherever it
    lies, so that whoever reads it gets to know what is wrong.
    """
    folders = [root]
    for _ in range(depth):
        folders = [inner for folder in folders for inner in _inner_folders(folder)]
    return folders


def can_be_listed(folder: Path) -> bool:
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
    """Texts at the even places and the runs of digits between them at the odd ones."""
    return _DIGITS.split(name)


def natural_order(name: str) -> tuple:
    """To be the `key` of `sorted`."""
    parts = split_numbers(name)
    # The second key tells 01 from 1, so that the order is always the same.
    return [int(part) if part.isdecimal() else part for part in parts], name
