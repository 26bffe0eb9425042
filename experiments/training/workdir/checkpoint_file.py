"""A checkpoint as a file: a `.keras` archive with the state of the log in it.

Keras ignores the added entry. As it is part of the file, network and log always are of
the same step, whenever a process is killed.
"""

import json
import zipfile
from pathlib import Path
from typing import Any

_STATE = "training_state.json"


def add_state(file: Path, state: dict[str, Any]) -> None:
    """Adds what a training needs besides the network, as JSON, to a new archive."""
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(_STATE, json.dumps(state, allow_nan=False))


def read_state(file: Path) -> dict[str, Any]:
    """What `add_state` added; empty for archives of other programs."""
    with zipfile.ZipFile(file) as archive:
        if _STATE not in archive.namelist():
            return {}
        state = json.loads(archive.read(_STATE))
    return state if isinstance(state, dict) else {}


def is_whole(file: Path) -> bool:
    """Whether a file is a ZIP archive whose content agrees with its checksums."""
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.testzip() is None
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError):
        return False
