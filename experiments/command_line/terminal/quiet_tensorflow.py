"""Hides the messages that TensorFlow prints when it is imported.

Most of them come from its C++ libraries before any setting applies, so they are removed
from standard error itself, line by line, and only while TensorFlow is imported. A
process of its own does that, so that what is printed before a crash is not lost.
"""

import importlib.util
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_HIDES_WARNINGS = "2"
_SHOWS_ALL = ("0", "1")
_STDERR = 2
_END = b"\0"  # other processes may keep the pipe open, so its end may not come
_NOISE = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog\(\)"
    rb"|I\d{4} "  # information
    rb"|\d{4}-\d\d-\d\d [\d:.]+: I "
    rb"|To enable the following instructions: "
    rb"|.*failed call to cuInit:"  # there is no GPU
    rb"|.*Unable to register cu\w+ factory: "  # each library is linked in twice
)


def hide_start_messages() -> None:
    """Hides them when TensorFlow is imported for the first time.

    All messages are shown if the environment variable `TF_CPP_MIN_LOG_LEVEL` is 0 or 1.
    """
    if os.environ.setdefault(_LEVEL, _HIDES_WARNINGS) in _SHOWS_ALL:
        return
    is_there = any(isinstance(finder, _Finder) for finder in sys.meta_path)
    can_copy = bool(sys.executable) and sys.stderr is not None
    if can_copy and "tensorflow" not in sys.modules and not is_there:
        sys.meta_path.insert(0, _Finder())


def are_hidden() -> bool:
    """Whether the environment asks for it, as that of a verb's own processes does."""
    return os.environ.get(_LEVEL) == _HIDES_WARNINGS


def is_noise(line: bytes) -> bool:
    """Whether a line is one of the messages that are hidden."""
    return _NOISE.match(line) is not None


class _Finder(MetaPathFinder):
    """Finds TensorFlow as usual, and makes its import quiet."""

    def find_spec(self, name, path=None, target=None):
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def execute_quietly(module):
            with _filtered_standard_error():
                execute(module)
                # Looks for GPUs, and prints what it did not find.
                module.config.list_physical_devices()
            # What its Python code tells of every step, as `MirroredStrategy` does.
            logging.getLogger("tensorflow").setLevel(logging.WARNING)

        spec.loader.exec_module = execute_quietly  # type: ignore[method-assign]
        return spec


@contextmanager
def _filtered_standard_error() -> Iterator[None]:
    """Within it, standard error passes through `_copy_all_but_noise`."""
    sys.stderr.flush()
    reading, writing = os.pipe()
    copier = subprocess.Popen(
        [sys.executable, "-I", "-S", __file__],
        stdin=reading,
        stdout=_STDERR,
        start_new_session=True,  # Ctrl-C does not reach it
    )
    original = os.dup(_STDERR)
    os.dup2(writing, _STDERR)
    os.close(reading)
    os.close(writing)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.write(_STDERR, _END)
        os.dup2(original, _STDERR)
        os.close(original)
        copier.wait()


def _copy_all_but_noise():
    """Copies standard input to standard output without the messages to hide."""
    rest = b""
    while not rest.endswith(_END):
        piece = os.read(sys.stdin.fileno(), 65536)
        if not piece:
            break
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            _write(line + b"\n")
    _write(rest.removesuffix(_END))


def _write(line):
    if not is_noise(line):
        os.write(sys.stdout.fileno(), line)


if __name__ == "__main__":
    _copy_all_but_noise()
