"""Texts that a terminal can show as they are."""

import re

# Control characters, and those that turn the direction of a text or break its lines:
# a file's name may hold any of them, and a terminal would obey.
_UNSAFE = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
_IN_TEXTS = re.compile(f"[{_UNSAFE}\ud800-\udfff]")
_IN_LINES = re.compile(f"[\t\n{_UNSAFE}\ud800-\udfff]")


def printable(text: str) -> str:
    """`text` with what a terminal would obey or cannot show written as escapes.

    Tabs and line breaks stay.
    """
    return _IN_TEXTS.sub(_escaped, text)


def printable_line(text: str) -> str:
    """The same on one line: tabs and line breaks are written as escapes, too."""
    return _IN_LINES.sub(_escaped, text)


def _escaped(match):
    return match[0].encode("unicode_escape").decode("ascii")
