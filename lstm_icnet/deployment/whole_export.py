"""An export folder that is written as a whole, or not at all.

It is written under a hidden temporary name beside its target, which it replaces by one
rename. The temporary folder is locked as long as its process runs; the next export to
the same target removes temporary folders without a lock.
"""

import ctypes
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: what a killed process leaves is not removed there
    fcntl = None  # type: ignore[assignment]

_CURRENT_FOLDER, _EXCHANGE = -100, 2  # AT_FDCWD, RENAME_EXCHANGE of Linux


@contextmanager
def whole_export(folder: Path, names: Iterable[str]) -> Iterator[Path]:
    """Yields an empty temporary folder, which is renamed to `folder` in the end.

    If the block raises, `folder` stays as it was. A link is followed.

    Args:
        folder: The folder to write; its parents are made.
        names: What an export may hold. A folder that holds anything else is not
            replaced, as it may be a workdir or somebody's home.

    Raises:
        FileExistsError: If `folder` is a file, or holds something else.
        OSError: If it cannot be written.
    """
    target = folder.resolve()
    _check_replaceable(folder, target, set(names))
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(target)
    with _errors_naming(folder):
        name = tempfile.mkdtemp(".partial", f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    lock = os.open(temporary, os.O_RDONLY)
    try:
        _lock(lock)
        temporary.chmod(0o777 & ~_umask())
        with _errors_naming(folder, temporary):
            yield temporary
            _replace(temporary, target)
    finally:
        os.close(lock)
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _errors_naming(folder, temporary=None):
    """Errors of the operating system name `folder`, not the temporary one."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).replace(str(temporary), str(folder))
        raise OSError(error.errno, reason, str(folder)) from error


def _check_replaceable(folder, target, names):
    if not target.exists():
        return
    if not target.is_dir():
        raise FileExistsError(f"{folder} is a file; an export needs a folder")
    if target.is_mount():
        raise FileExistsError(
            f"{folder} is a mount point, which cannot be replaced by an export; choose "
            f"a folder below it"
        )
    others = sorted(path.name for path in target.iterdir() if path.name not in names)
    others = [name for name in others if not name.startswith(".partial_")]
    if others:
        raise FileExistsError(
            f"{folder} holds {others[0]}, which is no part of an export; an export "
            f"replaces the whole folder, so choose a new or an empty one"
        )


def _replace(temporary, target):
    """Renames `temporary` to `target`; the old export gets the temporary name."""
    try:
        os.rename(temporary, target)  # where there is none, or an empty one
    except OSError:
        if not target.is_dir():
            raise
        if not _exchanged(temporary, target):
            _renamed_twice(temporary, target)


def _exchanged(first, second):
    """Exchanges the names of two folders in one step; returns whether that worked."""
    if os.name != "posix":
        return False
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is None:
        return False
    paths = os.fsencode(first), os.fsencode(second)
    return not rename(_CURRENT_FOLDER, paths[0], _CURRENT_FOLDER, paths[1], _EXCHANGE)


def _renamed_twice(temporary, target):
    old = temporary.with_suffix(".old.partial")
    os.rename(target, old)
    try:
        os.rename(temporary, target)
    except OSError:
        os.rename(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _remove_abandoned(target):
    for path in target.parent.glob(f".{_escaped(target.name)}.*.partial"):
        try:
            lock = os.open(path, os.O_RDONLY)
        except OSError:
            continue
        try:
            if _lock(lock):
                shutil.rmtree(path, ignore_errors=True)
        finally:
            os.close(lock)


def _escaped(name):
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _lock(descriptor):
    """Locks the open folder for this process; returns whether that was possible."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
