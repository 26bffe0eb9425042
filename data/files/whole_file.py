"""Files and folders that are written whole or not at all.

Everything is written under a hidden temporary name in the folder of the target, and
renamed when it is finished. The temporary file or folder is locked while it is being
written, and the lock ends with its process: what is there without a lock was left by a
process that was killed, and the next write to the same target removes it.
"""

import errno
import itertools
import os
import re
import shutil
import stat
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from data.files.listing import refuse_url

try:
    import fcntl
except ImportError:  # Windows: what a killed process leaves is not removed there
    fcntl = None  # type: ignore[assignment]

# Links to what the process has open; a regular file behind one is not ours to replace.
_STREAM_FOLDERS = {"/dev", "/dev/fd", "/proc/self/fd"}
_TEMPORARY = re.compile(r"\..*\.[0-9a-f]{8}\.[0-9]+\.partial(\..{0,15})?")
# No link is followed, and a named pipe is opened without a process at its other end.
_WITHOUT_WAITING = (
    os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
)


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Gives the path of an empty temporary file, which becomes `path` in the end.

        with whole_file("scores.json") as temporary:
            temporary.write_text(text)

    If the block raises, the temporary file is removed and `path` stays as it was.
    Folders above `path` are made. A symbolic link is followed: the file that it points
    to is replaced. Whatever is neither a file nor a folder, such as `/dev/null` or a
    named pipe, is not replaced: the finished content is written to it.

    The temporary file ends in the suffix of `path`, and has the mode of the file that
    it replaces or, if there is none, of any new file.

    Raises:
        ValueError: If `path` is a URL.
        IsADirectoryError: If `path` is a folder.
        OSError: If it cannot be written; errors of the operating system that the block
            raises about the temporary file name `path` instead.
    """
    refuse_url(path, "a file to write")
    path = Path(path)
    found = _status(path)
    if found and stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(f"{path} is a folder; it should be a file to write")
    if _is_stream(path, found):
        with _file_for_stream(path) as temporary:
            yield temporary
        return
    target = _behind_links(path)
    with _errors_naming(path), _parents_of(target):
        temporary, lock = _claim(target, _make_file)
        try:
            with _errors_naming(path, temporary):
                if found:
                    temporary.chmod(stat.S_IMODE(found.st_mode))
                yield temporary
                os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
            os.close(lock)


@contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """Gives the path of an empty temporary folder, which becomes `path` in the end.

    If the block raises, the temporary folder is removed and `path` stays as it was. A
    folder that is there is replaced with all it holds: it is renamed, the new one takes
    its place, and then it is removed; if the new one cannot take its place, the old one
    is put back. Links are followed, and folders above are made, as by `whole_file`.

    Raises:
        ValueError: If `path` is a URL.
        FileExistsError: If `path` is a file.
        OSError: If it cannot be written; errors of the operating system that the block
            raises about files in the temporary folder name those in `path` instead.
    """
    refuse_url(path, "a folder to write")
    path = Path(path)
    if _status(path) and not path.is_dir():
        raise FileExistsError(f"{path} is a file; it should be a folder to write")
    target = _behind_links(path)
    with _errors_naming(path), _parents_of(target):
        _finish_replacements(target)
        temporary, lock = _claim(target, _make_folder)
        try:
            with _errors_naming(path, temporary):
                yield temporary
                _replace_folder(temporary, target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
            os.close(lock)


def write_whole(path: Path, content: str) -> None:
    """Writes a UTF-8 text file whole or not at all, see `whole_file`."""
    with whole_file(path) as temporary:
        temporary.write_text(content, encoding="utf-8")


def remove_abandoned(folder: str | Path) -> None:
    """Removes the temporary files and folders that killed processes left in `folder`.

    They go by themselves when the same target is written again; this is for targets
    that may have another name the next time.
    """
    folder = Path(folder)
    if folder.is_dir():
        for path in folder.iterdir():
            if _TEMPORARY.fullmatch(path.name):
                _remove_if_abandoned(path)


def refuse_file(folder: Path) -> None:
    """Raises a `FileExistsError` if pictures meant for `folder` have no place there."""
    if folder.is_file():
        raise FileExistsError(f"{folder} is a file; figures are written into a folder")


def _status(path: Path) -> os.stat_result | None:
    """Of what `path` leads to; OSError where its links lead round in a circle."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _is_stream(path: Path, found: os.stat_result | None) -> bool:
    if found is None:
        return False
    folder = os.path.dirname(os.path.abspath(path))
    return folder in _STREAM_FOLDERS or not stat.S_ISREG(found.st_mode)


@contextmanager
def _file_for_stream(path):
    """A temporary file elsewhere, whose content is written to `path` in the end."""
    with tempfile.TemporaryDirectory() as folder:
        temporary = Path(folder, path.name)
        temporary.touch()
        yield temporary
        with (
            _errors_naming(path),
            open(os.open(path, os.O_WRONLY | os.O_APPEND), "wb") as stream,
            temporary.open("rb") as content,
        ):
            shutil.copyfileobj(content, stream)


@contextmanager
def _parents_of(target):
    """Makes the folders above `target`; after an error, removes those it made."""
    made = [folder for folder in target.parents if not folder.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for folder in made:
            with suppress(OSError):  # not made, or used by others by now
                folder.rmdir()
        raise


def _behind_links(path: Path) -> Path:
    return Path(os.path.realpath(path)) if path.is_symlink() else path


@contextmanager
def _errors_naming(path: Path, temporary: Path | None = None):
    """Lets the user see `path` in errors, and not the temporary name."""
    try:
        yield
    except OSError as error:
        # A write to a full disk names no file at all.
        if error.errno is not None and error.filename is None:
            error.filename = str(path)
        elif temporary is not None and isinstance(error.filename, str | os.PathLike):
            name = os.fspath(error.filename)
            error.filename = name.replace(str(temporary), str(path), 1)
        raise


def _hidden_name(target: Path, number: int, state: str) -> Path:
    """A name beside `target` that differs from those of other targets.

    It starts as the target's does, without growing too long where that is not.
    """
    suffix = target.suffix if len(target.suffix) <= 16 else ""
    start = target.stem.lstrip(".")[:24]
    checksum = zlib.crc32(os.fsencode(target.name))
    return target.with_name(f".{start}.{checksum:08x}.{number}.{state}{suffix}")


def _claim(target: Path, make: Callable[[Path], int]) -> tuple[Path, int]:
    """Makes and locks the first temporary file or folder that no one else writes.

    Args:
        target: What it will become.
        make: Makes it under the name given and returns its file descriptor.
    """
    number = 0
    while True:
        temporary = _hidden_name(target, number, "partial")
        _remove_if_abandoned(temporary)
        try:
            descriptor = make(temporary)
        except FileExistsError:
            number += 1
            continue
        locked = _lock(descriptor, wait=True)
        if not locked or _is_open(temporary, descriptor):
            _remove_if_abandoned(_hidden_name(target, number + 1, "partial"))
            return temporary, descriptor
        os.close(descriptor)  # taken for abandoned before the lock was there


def _make_file(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)


def _make_folder(path: Path) -> int:
    path.mkdir()
    return os.open(path, os.O_RDONLY)


def _lock(descriptor: int, wait: bool = False) -> bool:
    """Whether it is locked now: False if another has it, or there are no locks here."""
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
def _abandoned(path: Path) -> Iterator[bool]:
    """Whether something is at `path` that no process writes; it is locked meanwhile."""
    try:
        descriptor = os.open(path, _WITHOUT_WAITING)
    except OSError:
        yield False
        return
    try:
        yield _lock(descriptor) and _is_open(path, descriptor)
    finally:
        os.close(descriptor)


def _remove_if_abandoned(path: Path) -> None:
    with _abandoned(path) as abandoned:
        if abandoned:
            _remove(path)


def _remove(path):
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _replace_folder(new: Path, target: Path) -> None:
    try:
        os.replace(new, target)
        return
    except OSError as error:  # `target` holds something
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
    old = next(
        name
        for number in itertools.count()
        if not (name := _hidden_name(target, number, "old")).exists()
    )
    descriptor = os.open(target, os.O_RDONLY)
    try:
        _lock(descriptor)
        os.rename(target, old)
        try:
            os.rename(new, target)
        except BaseException:
            os.rename(old, target)
            raise
        shutil.rmtree(old, ignore_errors=True)
    finally:
        os.close(descriptor)


def _finish_replacements(target: Path) -> None:
    """Puts back or removes what replacements cut off by a kill left beside `target`."""
    for number in itertools.count():
        old = _hidden_name(target, number, "old")
        if not old.exists():
            return
        with _abandoned(old) as abandoned:
            if abandoned and not target.exists():
                os.rename(old, target)
            elif abandoned:
                _remove(old)
