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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from data.files.listing import refuse_url
from data.files.temporary_names import (
    claim,
    hidden_name,
    if_abandoned,
    lock,
    make_file,
    make_folder,
    remove,
    remove_if_abandoned,
)

# Links to what the process has open; a regular file behind one is not ours to replace.
_STREAM_FOLDERS = {"/dev", "/dev/fd", "/proc/self/fd"}
_TEMPORARY = re.compile(r"\..*\.[0-9a-f]{8}\.[0-9]+\.partial(\..{0,15})?")


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
        temporary, descriptor = claim(target, make_file)
        try:
            with _errors_naming(path, temporary):
                if found:
                    temporary.chmod(stat.S_IMODE(found.st_mode))
                yield temporary
                os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
            os.close(descriptor)


@contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """Gives the path of an empty temporary folder, which becomes `path` in the end.

    If the block raises, the temporary folder is removed and `path` stays as it was. An
    existing folder is replaced with all its content: it is renamed, the new folder
    takes its place, and the old one is removed. If the new folder cannot take its
    place, the old one is put back. Links are followed, and folders above are made, as
    by `whole_file`.

    Raises:
        ValueError: If `path` is a URL.
        FileExistsError: If `path` is a file.
        OSError: If it cannot be written; errors of the operating system that the block
            raises about files in the temporary folder name those in `path` instead.
    """
    refuse_url(path, "a folder to write")
    path = Path(path)
    refuse_file(path)
    target = _behind_links(path)
    with _errors_naming(path), _parents_of(target):
        _finish_replacements(target)
        temporary, descriptor = claim(target, make_folder)
        try:
            with _errors_naming(path, temporary):
                yield temporary
                _replace_folder(temporary, target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
            os.close(descriptor)


def write_whole(path: Path, content: str) -> None:
    """Writes a UTF-8 text file whole or not at all, see `whole_file`."""
    with whole_file(path) as temporary:
        temporary.write_text(content, encoding="utf-8")


def remove_abandoned(folder: str | Path) -> None:
    """Removes the temporary files and folders that killed processes left in `folder`.

    The next write to the same target removes them as well; this function is for targets
    whose names may differ the next time.
    """
    folder = Path(folder)
    if folder.is_dir():
        for path in folder.iterdir():
            if _TEMPORARY.fullmatch(path.name):
                remove_if_abandoned(path)


def refuse_file(folder: Path) -> None:
    """Raises a `FileExistsError` if no folder can be made at `folder`: a file is there.

    `whole_folder` does so as well; call this one before a long computation.
    """
    if _status(folder) and not folder.is_dir():
        raise FileExistsError(f"{folder} is a file; it should be a folder to write")


def refuse_full_folder(folder: Path) -> None:
    """Raises a `FileExistsError` unless `folder` is new or empty.

    For many files that belong together, and would be mixed with those of another run.
    """
    refuse_file(folder)
    if folder.is_dir() and not _is_empty(folder):
        raise FileExistsError(f"{folder} is not empty; choose a new or an empty folder")


def _status(path: Path) -> os.stat_result | None:
    """Status of the file that `path` leads to; OSError if its links form a loop."""
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
    """Makes the folders above `target`, and removes them again after an error."""
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
        elif isinstance(error.filename, str | os.PathLike):
            name = os.fspath(error.filename)
            if temporary is not None:
                error.filename = name.replace(str(temporary), str(path), 1)
            elif _TEMPORARY.fullmatch(os.path.basename(name)):  # it cannot be made
                error.filename = str(path)
        raise


def _replace_folder(new: Path, target: Path) -> None:
    try:
        os.replace(new, target)
        return
    except OSError as error:
        if error.errno in (errno.EBUSY, errno.EXDEV) and _is_empty(target):
            # A disk is mounted there, as in containers: it stays, and is filled.
            for path in new.iterdir():
                shutil.move(path, target)
            return
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
    old = next(
        name
        for number in itertools.count()
        if not (name := hidden_name(target, number, "old")).exists()
    )
    descriptor = os.open(target, os.O_RDONLY)
    try:
        lock(descriptor)
        os.rename(target, old)
        try:
            os.rename(new, target)
        except BaseException:
            os.rename(old, target)
            raise
        shutil.rmtree(old, ignore_errors=True)
    finally:
        os.close(descriptor)


def _is_empty(folder):
    return folder.is_dir() and not any(folder.iterdir())


def _finish_replacements(target: Path) -> None:
    """Finishes or undoes replacements of `target` that a kill interrupted."""
    for number in itertools.count():
        old = hidden_name(target, number, "old")
        if not old.exists():
            return
        with if_abandoned(old) as abandoned:
            if abandoned and not target.exists():
                os.rename(old, target)
            elif abandoned:
                remove(old)
