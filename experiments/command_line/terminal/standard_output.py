"""Standard output for any file name, with an error if it cannot be written."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from experiments.presentation.printable import printable

STANDARD_OUTPUT = "Standard output"  # as the file name of an error


@contextmanager
def standard_output() -> Iterator[None]:
    """Within it, `print` escapes control characters and reports a full disk.

    Raises:
        OSError: With `filename` `STANDARD_OUTPUT`, if it cannot be written.
    """
    stream = sys.stdout
    sys.stdout = _StandardOutput(stream)
    try:
        yield
        sys.stdout.flush()
    except SystemExit:
        sys.stdout.flush()
        raise
    finally:
        sys.stdout = stream


class _StandardOutput:
    """A text stream in the place of `sys.stdout`.

    Control characters, such as a terminal's escapes in the name of a file, are written
    as escapes, and so is what the terminal's encoding does not have.

    Args:
        stream: The stream that is written to.
    """

    def __init__(self, stream: TextIO):
        self._stream = stream
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")

    def write(self, text: str) -> int:
        return self._named(self._stream.write, printable(text))

    def flush(self) -> None:
        self._named(self._stream.flush)

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def _named(self, function, *arguments):
        try:
            return function(*arguments)
        except OSError as error:
            # Python would name no file: a full disk is found when a file is written.
            raise OSError(error.errno, error.strerror, STANDARD_OUTPUT) from None
