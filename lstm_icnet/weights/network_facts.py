"""Checks the facts that a file gives about a network before anything is built."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from lstm_icnet.network.icnet import SMALLEST_SIDE

MAX_SIDE = 2**15  # pixels
_MAX_FRAMES = 10_000
_MAX_WIDTH_MULTIPLIER = 16


def check_facts(facts: Mapping[str, Any], required: tuple[str, ...]) -> None:
    """Raises ValueError if a fact is missing, of a wrong type or out of its range.

    Args:
        facts: Arguments of `ICNet` by name, as JSON gives them; unknown ones are left
            alone.
        required: Names of those that must be there.
    """
    for name in required:
        if name not in facts:
            raise ValueError(f"it has no `{name}`")
    for name, (rule, holds) in _RULES.items():
        if name in facts and not holds(facts[name]):
            raise ValueError(
                f"`{name}` must be {rule}. Received: {name}={_shortened(facts[name])}"
            )
    for name in ("classes", "palette"):
        values = facts.get(name)
        if values is not None and len(values) != facts["num_classes"]:
            raise ValueError(
                f"`{name}` has {len(values)} entries for {facts['num_classes']} classes"
            )


def _shortened(value):
    try:
        text = repr(value)
    except RecursionError:
        return "..."
    return text if len(text) <= 60 else f"{text[:57]}..."


def _is_int(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and low <= value <= high


def _is_number(low: float, high: float) -> Callable[[Any], bool]:
    return lambda value: (
        type(value) in (int, float) and low <= value <= high and math.isfinite(value)
    )


def _is_list(holds: Callable[[Any], bool], length: int | None = None):
    return lambda value: (
        isinstance(value, list | tuple)
        and (length is None or len(value) == length)
        and all(map(holds, value))
    )


def _or_none(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or holds(value)


def _is_text(value):
    return isinstance(value, str)


_RULES = {
    "version": ("None or 1 to 6", _or_none(_is_int(1, 6))),
    "cell": ("None or a name", _or_none(_is_text)),
    "num_classes": ("an int, 1 to 255", _is_int(1, 255)),
    "image_size": (
        f"two ints, {SMALLEST_SIDE} to {MAX_SIDE}",
        _is_list(_is_int(SMALLEST_SIDE, MAX_SIDE), 2),
    ),
    "num_frames": (f"an int, 1 to {_MAX_FRAMES}", _is_int(1, _MAX_FRAMES)),
    "mean_rgb": ("three numbers, 0 to 255", _is_list(_is_number(0, 255), 3)),
    "classes": ("None or a list of names", _or_none(_is_list(_is_text))),
    "palette": (
        "None or a list of RGB colours, 0 to 255",
        _or_none(_is_list(_is_list(_is_int(0, 255), 3))),
    ),
    "weight_decay": ("a number, 0 to 1", _is_number(0, 1)),
    "align_states": ("true or false", lambda value: type(value) is bool),
    "width_multiplier": (
        f"a number above 0, at most {_MAX_WIDTH_MULTIPLIER}",
        lambda value: _is_number(0, _MAX_WIDTH_MULTIPLIER)(value) and value > 0,
    ),
}
