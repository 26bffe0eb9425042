"""Log lines of a verb: plain, and above the progress bars."""

import logging as python_logging
import re
import sys

from absl import logging
from tqdm import tqdm

from experiments.command_line.terminal.quiet_tensorflow import are_hidden

_THEIRS = re.compile(r"[\\/](tensorflow[\\/]python|tensorflow_datasets[\\/]core)[\\/]")


def log_above_bars() -> None:
    """Makes absl print plain lines that do not break progress bars."""
    handler = logging.get_absl_handler()
    handler.setFormatter(_Plain())
    handler.python_handler.addFilter(_is_for_users)
    handler.python_handler.emit = _emit_above_bars  # type: ignore[method-assign]


def _is_for_users(record):
    """Leaves out what TensorFlow and TFDS tell of every file that they write."""
    is_theirs = are_hidden() and _THEIRS.search(record.pathname)
    return record.levelno >= python_logging.WARNING or not is_theirs


def _emit_above_bars(record):
    handler = logging.get_absl_handler().python_handler
    with tqdm.external_write_mode(file=sys.stderr):
        type(handler).emit(handler, record)


class _Plain(python_logging.Formatter):
    """The message; the level before warnings and errors, the time where no one looks.

    A terminal shows the time by itself; whoever reads a file needs it.
    """

    def format(self, record: python_logging.LogRecord) -> str:
        text = record.getMessage()
        if record.levelno >= python_logging.WARNING:
            text = f"{record.levelname}: {text}"
        if not sys.stderr.isatty():
            text = f"{self.formatTime(record, '%Y-%m-%d %H:%M:%S')} {text}"
        if record.exc_info:
            text += f"\n{self.formatException(record.exc_info)}"
        return text
