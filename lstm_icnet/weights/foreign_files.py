"""Checks of files from unknown sources before they are used."""

import json
import re
from pathlib import Path
from typing import Any

_LFS_FIRST_BYTES = b"version https://git-lfs"
MAX_JSON_BYTES = 16 * 2**20
_LONGEST = 250  # characters of a message that is quoted
_MOST_DIGITS = 1000  # of an integer in JSON; Python refuses 4300
_OF_AN_OPERATION = re.compile(r"\{\{[^}]*\}\} ?")  # TensorFlow's name of a graph node


def first_line(error: BaseException) -> str:
    """The first line of an error's message, or its type where it has no message.

    If the line ends in a colon, the next one is added. A long result is cut.
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    ends = (i for i, line in enumerate(lines) if not line.endswith(":"))
    text = " ".join(lines[: next(ends, 0) + 1])
    text = _OF_AN_OPERATION.sub("", text) or text
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def check_regular_file(file: Path, content: str) -> None:
    """Raises unless `file` is a regular file, as a pipe would block the reader.

    Args:
        file: The path.
        content: What it should hold, for the message.

    Raises:
        FileNotFoundError: If nothing is there.
        ValueError: If it is a folder, a pipe or a device.
    """
    if not file.exists():
        raise FileNotFoundError(f"There is no {file}; it should hold {content}")
    if not file.is_file():
        raise ValueError(f"{file} is not a regular file; it should hold {content}")


def refuse_lfs_pointer(file: Path) -> None:
    """Raises ValueError if `file` only says where git-lfs would find the real one."""
    with file.open("rb") as opened:
        if opened.read(len(_LFS_FIRST_BYTES)) == _LFS_FIRST_BYTES:
            raise ValueError(
                f"{file} is a git-lfs pointer, not the file itself; `git lfs pull` in "
                f"its repository fetches that"
            )


def parse_json_object(content: bytes) -> dict[str, Any]:
    """The JSON object in `content`, strictly: UTF-8, and neither NaN nor Infinity.

    A byte order mark, as editors on Windows write it, is passed over.

    Raises:
        ValueError: If it is anything else; the message names no file.
    """
    if len(content) > MAX_JSON_BYTES:
        raise ValueError(f"it has more than {MAX_JSON_BYTES // 2**20} MiB of JSON")
    try:
        value = json.loads(
            content.decode("utf-8-sig"),
            parse_constant=_refuse_constant,
            parse_int=_parse_int,
        )
    except UnicodeDecodeError:
        raise ValueError("it is not text in UTF-8") from None
    except RecursionError:
        raise ValueError("its JSON is nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError(f"its JSON is of type {type(value).__name__}, not an object")
    return value


def _refuse_constant(text):
    raise ValueError(f"its JSON holds {text}, which is not a number")


def _parse_int(text):
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"its JSON holds a number of {len(text)} digits")
    return int(text)
