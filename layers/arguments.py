"""Checks of constructor arguments; each returns the value that is stored."""

from collections.abc import Sequence
from typing import Any

import keras


def positive_int(value: Any, name: str) -> int:
    """`value` as an int of at least 1, else TypeError or ValueError."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"`{name}` must be an integer. Received: {name}={value!r}")
    if value < 1:
        raise ValueError(f"`{name}` must be at least 1. Received: {name}={value!r}")
    return int(value)


def positive_pair(value: Any, name: str) -> tuple[int, int]:
    """`value`, an int or two of them, as (vertical, horizontal), each at least 1."""
    if not isinstance(value, list | tuple):
        return (positive_int(value, name),) * 2
    if len(value) != 2:
        raise ValueError(
            f"`{name}` must be one integer or two, (vertical, horizontal). "
            f"Received: {name}={value!r}"
        )
    return positive_int(value[0], name), positive_int(value[1], name)


def choice(value: Any, name: str, choices: Sequence[str]) -> str:
    """`value` in lower case, which must be one of `choices`."""
    lowered = value.lower() if isinstance(value, str) else value
    if lowered not in choices:
        raise ValueError(
            f"`{name}` must be one of {', '.join(choices)}. Received: {name}={value!r}"
        )
    return lowered


def data_format(value: str | None) -> str:
    """`value`, or Keras' own setting if it is None."""
    if value is None:
        return keras.config.image_data_format()
    return choice(value, "data_format", ("channels_last", "channels_first"))


def dropout_rate(value: Any, name: str) -> float:
    """`value` as a float in [0, 1); at 1, everything would be dropped."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"`{name}` must be a number. Received: {name}={value!r}")
    if not 0 <= value < 1:
        raise ValueError(f"`{name}` must be in [0, 1). Received: {name}={value!r}")
    return float(value)


def not_both(strides: Sequence[int], dilation_rate: Sequence[int]) -> None:
    """Raises ValueError if strides and dilation are both above 1."""
    if max(strides) > 1 and max(dilation_rate) > 1:
        raise ValueError(
            "Specifying `strides > 1` is not compatible with `dilation_rate > 1`. "
            f"Received: strides={strides!r}, dilation_rate={dilation_rate!r}"
        )
