"""What git leaves in the place of a large file where git-lfs is not installed."""

from pathlib import Path

_FIRST_BYTES = b"version https://git-lfs"


def refuse_lfs_pointer(file: Path) -> None:
    """Raises ValueError if `file` only says where git-lfs would find the real one."""
    with file.open("rb") as opened:
        if opened.read(len(_FIRST_BYTES)) == _FIRST_BYTES:
            raise ValueError(
                f"{file} is a git-lfs pointer, not the file itself; `git lfs pull` in "
                f"its repository fetches that"
            )
