"""Temporary files and folders beside their targets, locked while they are written.

The lock ends with its process. A temporary file without a lock was left by a killed
process; the next process that writes the same target removes it.
"""

import os
import shutil
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: what a killed process leaves is not removed there
    fcntl = None  # type: ignore[assignment]

# No link is followed, and a named pipe is opened without a process at its other end.
_WITHOUT_WAITING = (
    os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
)


def hidden_name(target: Path, number: int, state: str) -> Path:
    """A name beside `target` that differs from those of other targets.

    It starts with the target's name, cut so that the whole stays within the limits of
    file systems.
    """
    suffix = target.suffix if len(target.suffix) <= 16 else ""
    start = target.stem.lstrip(".")[:24]
    checksum = zlib.crc32(os.fsencode(target.name))
    return target.with_name(f".{start}.{checksum:08x}.{number}.{state}{suffix}")


def claim(target: Path, make: Callable[[Path], int]) -> tuple[Path, int]:
    """Makes and locks a temporary file or folder that no other process writes.

    Args:
        target: What it will become.
        make: Makes it under the name given and returns its file descriptor.
    """
    number = 0
    while True:
        temporary = hidden_name(target, number, "partial")
        remove_if_abandoned(temporary)
        try:
            descriptor = make(temporary)
        except FileExistsError:
            number += 1
            continue
        locked = lock(descriptor, wait=True)
        if not locked or _is_open(temporary, descriptor):
            remove_if_abandoned(hidden_name(target, number + 1, "partial"))
            return temporary, descriptor
        os.close(descriptor)  # taken for abandoned before the lock was there


def make_file(path: Path) -> int:
    """Makes an empty file with the mode of any new one; returns its descriptor."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)


def make_folder(path: Path) -> int:
    """Makes an empty folder and returns a descriptor of it."""
    path.mkdir()
    return os.open(path, os.O_RDONLY)


def lock(descriptor: int, wait: bool = False) -> bool:
    """Locks an open file or folder until it is closed.

    Args:
        descriptor: Of the file.
        wait: Whether to wait until no other process has locked it.

    Returns:
        Whether it is locked now; False if another process has locked it, or the file
        system knows no locks.
    """
    if fcntl is None:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def _is_open(path: Path, descriptor: int) -> bool:
    """Whether the file at `path` is the one that was opened."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


@contextmanager
def if_abandoned(path: Path) -> Iterator[bool]:
    """Yields whether `path` exists and no process writes it; it is locked meanwhile."""
    try:
        descriptor = os.open(path, _WITHOUT_WAITING)
    except OSError:
        yield False
        return
    try:
        yield lock(descriptor) and _is_open(path, descriptor)
    finally:
        os.close(descriptor)


def remove_if_abandoned(path: Path) -> None:
    """Removes the file or folder at `path` if no process writes it."""
    with if_abandoned(path) as abandoned:
        if abandoned:
            remove(path)


def remove(path: Path) -> None:
    """Removes a file, or a folder with all it holds, as far as that is possible."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()
