"""The order that people expect of numbered names: `frame2` before `frame10`."""

import re

_DIGITS = re.compile(r"(\d+)")


def split_numbers(name: str) -> list[str]:
    """Texts at the even places and the runs of digits between them at the odd ones."""
    return _DIGITS.split(name)


def natural_order(name: str) -> tuple:
    """To be the `key` of `sorted`."""
    parts = split_numbers(name)
    # The second key tells 01 from 1, so that the order is always the same.
    return [int(part) if part.isdecimal() else part for part in parts], name
