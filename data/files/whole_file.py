"""Files that are written whole or not at all."""

from pathlib import Path


def refuse_file(folder: Path) -> None:
    """Raises a `FileExistsError` if pictures meant for `folder` have no place there."""
    if folder.is_file():
        raise FileExistsError(f"{folder} is a file; figures are written into a folder")


def write_whole(path: Path, content: str) -> None:
    """Writes a text file under a temporary name and moves it, so it is never half.

    Raises:
        IsADirectoryError: If `path` is a folder.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; it should be a file to write")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.partial")
    temporary.write_text(content, encoding="utf-8")
    temporary.replace(path)
