"""Checks of flag values that hold for every verb, made before it starts."""

import errno
import math
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from absl import flags

from data.files.listing import is_url

_MAY_BE_URLS = {"input", "predictions", "images"}  # of videos
_FILES_TO_WRITE = {"json", "csv", "chart", "rows"}  # after much work
_WRITTEN = _FILES_TO_WRITE | {"output", "curve"}


def require_finite_numbers(own_flags: Iterable[flags.Flag]) -> None:
    """Makes the parser refuse NaN and infinity for every flag that takes a float."""
    for flag in own_flags:
        if isinstance(flag.parser, flags.FloatParser):
            flags.register_validator(flag.name, _is_finite, "it must be finite")


def check_paths(own_flags: Iterable[flags.Flag]) -> None:
    """Checks the values that are paths, as far as that is possible at the start.

    Raises:
        OSError: If a file cannot be written where it should be.
        ValueError: If there is a URL where a path is needed; `Path` would change its
            spelling. Or if a file would be written over one that is read.
    """
    own_flags = list(own_flags)
    _refuse_to_write_over_inputs(own_flags)
    for flag in own_flags:
        for value in _values(flag):
            if flag.name not in _MAY_BE_URLS:
                _refuse_url(flag.name, value)
            if flag.name in _FILES_TO_WRITE and value:
                _check_file_to_write(Path(value))


def require_png(name: str, value: str | None) -> None:
    """Refuses a name of a picture that says another format than PNG.

    Raises:
        IsADirectoryError: If it is a folder.
        OSError: If it cannot be written.
        ValueError: If it does not end in `.png`.
    """
    if value is None:
        return
    if not value.lower().endswith(".png"):
        raise ValueError(f"--{name} must be a file ending in .png. Received: {value}")
    _check_file_to_write(Path(value))


def parsed_seeds(values: Sequence[str]) -> list[int]:
    """The numbers of `--seeds`, each once.

    Raises:
        ValueError: If there is none, or one is not a whole number of at least 0.
    """
    if not values or not all(seed.isdecimal() for seed in values):
        raise ValueError(
            f"--seeds must be numbers of at least 0 separated by commas, such as "
            f"0,1,2. Received: {','.join(values)}"
        )
    return list(dict.fromkeys(map(int, values)))


def _is_finite(value):
    values = value if isinstance(value, list) else [value]
    return all(number is None or math.isfinite(number) for number in values)


def _values(flag):
    return flag.value if isinstance(flag.value, list) else [flag.value]


def _refuse_to_write_over_inputs(own_flags):
    written = [flag for flag in own_flags if flag.name in _WRITTEN]
    read = [flag for flag in own_flags if flag.name not in _WRITTEN]
    for output in written:
        for flag in read:
            texts = [text for text in _values(flag) if isinstance(text, str)]
            paths = [*texts, *(text.partition("=")[2] for text in texts)]
            if any(_is_same_file(output.value, path) for path in paths):
                raise ValueError(
                    f"--{output.name}={output.value} would replace the file that "
                    f"--{flag.name} names; choose another name"
                )


def _is_same_file(output, path):
    if not isinstance(output, str) or not os.path.isfile(output):
        return False
    return os.path.isfile(path) and os.path.samefile(output, path)


def _refuse_url(name, value):
    if is_url(value) or is_url(str(value).partition("=")[2]):
        raise ValueError(f"--{name}={value} is a URL; a path on this machine is needed")


def _check_file_to_write(path):
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; it should be a file to write")
    if path.exists():
        return
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not os.access(folder, os.W_OK):
        raise OSError(errno.EACCES, "The folder cannot be written to", str(path))
