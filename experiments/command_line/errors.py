"""Errors that a user can fix, each reported in one sentence."""

import re
import sys

from absl import flags

from data.pipeline.errors import original_error
from experiments.command_line.terminal.missing_package import missing_package
from experiments.presentation.printable import printable_line

# Raised for wrong files, wrong values and a full or read-only disk. Any other error is
# a bug of this project and keeps its traceback.
_USERS = (OSError, ValueError, MemoryError)
_TFDS = "tensorflow_datasets"
# What absl says about wrong flags, and how it is said here.
_MISSING = re.compile(r"flag --(.+)=None: Flag --\1 must have a value other than None")
_REPLACEMENTS = (
    (r"^flag (?=--)", ""),
    (r"invalid literal for int\(\) with base .*", "it must be a whole number"),
    (r"could not convert string to float: .*", "it must be a number"),
    (r"\('Non-boolean argument to .*", "it must be true or false"),
    (r": \S+ is not (.*)$", r": it must be \1"),
    (r" in the range \[(\S+), (\S+)\]$", r" from \1 to \2"),
    (r"(?:integer|number) >= (\S+)$", r"at least \1"),
    (r"value should be one of <(.*)>$", lambda m: _one_of(m[1].split("|"))),
    (
        r"^flags .*: Exactly one of \((.*)\) must have .*",
        lambda m: f"exactly one of {_with_dashes(m[1])} must be given",
    ),
    (r"^Missing value for flag (--.*)", r"\1 needs a value"),
    (r"^ERROR:: Unable to open flagfile: \[.*\] (.*): '(.*)'$", r"--flagfile=\2: \1"),
    (r"^Unknown command line flag '(.*?)'", r"there is no flag --\1"),
    (r"\. Did you mean: (.*) \?$", lambda m: f"; similar: {_with_dashes(m[1])}"),
)


def sentence_for_user(error: Exception) -> str | None:
    """One sentence about an error that the user can fix, `None` for any other.

    Args:
        error: What a verb raised; that of a `tf.data` pipeline may be wrapped.
    """
    error = original_error(error)
    if isinstance(error, flags.Error):
        return _line(_flag_sentence(error))
    if isinstance(error, MemoryError):
        return f"Not enough memory: {_first_line(error) or 'a smaller size may do'}"
    if isinstance(error, OSError) and error.strerror:
        paths = filter(None, (error.filename, error.filename2))
        return _line(": ".join([" -> ".join(map(_text, paths)), error.strerror]))
    if isinstance(error, ModuleNotFoundError):
        return missing_package(error)
    if isinstance(error, _USERS):
        return _line(" ".join(str(error).split("\n"))) or type(error).__name__
    if _is_from_tensorflow(error) or _comes_from(error, _TFDS):
        return _first_line(error) or type(error).__name__
    return None


def _flag_sentence(error):
    """One sentence that names every flag which is missing or wrong."""
    lines = str(error).splitlines()
    missing = ", ".join(match[1] for match in map(_MISSING.match, lines) if match)
    parts = [f"{_with_dashes(missing)} must be given"] if missing else []
    parts += [_in_plain_words(line) for line in lines if not _MISSING.match(line)]
    if isinstance(error, flags.UnrecognizedFlagError) and "; similar:" not in parts[0]:
        longer_or_shorter = ", ".join(_of_same_beginning(error.flagname))
        if longer_or_shorter:
            parts[0] += f"; similar: {_with_dashes(longer_or_shorter)}"
    sentence = "; ".join([*parts, "--help explains the flags"])
    return sentence[0].upper() + sentence[1:]


def _of_same_beginning(name):
    """Flags that are called as `name` with words added or left out at its end."""
    return [
        flag
        for flag in flags.FLAGS
        if flag.startswith(f"{name}_") or name.startswith(f"{flag}_")
    ]


def _in_plain_words(line):
    for pattern, text in _REPLACEMENTS:
        line = re.sub(pattern, text, line)
    return line


def _one_of(values):
    return f"it must be one of {', '.join(values)}"


def _with_dashes(names):
    return ", ".join(f"--{name}" for name in names.split(", "))


def _is_from_tensorflow(error):
    """Whether it is an error of TensorFlow's runtime: files, devices, memory."""
    # TensorFlow is not imported just for this check.
    tensorflow = sys.modules.get("tensorflow")
    return tensorflow is not None and isinstance(error, tensorflow.errors.OpError)


def _comes_from(error, package):
    """Whether `package` raised it: TFDS raises a plain `RuntimeError`."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or not isinstance(error, RuntimeError):
        return False
    return trace.tb_frame.f_globals.get("__name__", "").startswith(package)


def _first_line(error):
    return _line(str(error).strip().split("\n")[0])


def _line(text):
    return printable_line(text.strip().removeprefix(": "))


def _text(path):
    return path.decode(errors="backslashreplace") if isinstance(path, bytes) else path
