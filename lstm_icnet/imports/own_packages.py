"""Detects other packages that have the name of one of this project's."""

import importlib.util
import sys
from pathlib import Path


def require_own(name: str) -> None:
    """Checks that `import name` finds the package beside `lstm_icnet`.

    `layers`, `data` and `experiments` are ordinary names: a module or package of that
    name in the folder that Python was started in is found before the installed one.

    Raises:
        ImportError: If it gives another package or none. Nothing is imported.
    """
    home = Path(__file__).resolve().parents[2]
    found = _location(name)
    if found != home / name:
        raise ImportError(
            f"`import {name}` finds {found or 'nothing'} instead of this project's "
            f"{home / name}; rename the former, start Python in another folder, or "
            f"start it with `python -P`, which does not look into the folder that it "
            f"is started in",
            name=name,
        )


def _location(name):
    """The folder of a package or the file of a module, `None` if there is none."""
    module = sys.modules.get(name)
    spec = module.__spec__ if module else importlib.util.find_spec(name)
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations))).resolve()
    return Path(spec.origin).resolve() if spec.origin else None
