"""What lies in folders."""

import os
from pathlib import Path

from data.natural_order import natural_order


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
    return sorted((n for n in names if not n.startswith(".")), key=natural_order)


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
