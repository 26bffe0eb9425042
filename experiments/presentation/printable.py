"""Makes texts safe to print in a terminal."""

import re

# Control characters, and characters that change the direction of a text or break
# lines. A file name may hold them, and a terminal would execute them.
_UNSAFE = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
_IN_TEXTS = re.compile(f"[{_UNSAFE}\ud800-\udfff]")
_IN_LINES = re.compile(f"[\t\n{_UNSAFE}\ud800-\udfff]")


def printable(text: str) -> str:
    """`text` with control characters, and others that cannot be shown, as escapes.

    Tabs and line breaks are kept.
    """
    return _IN_TEXTS.sub(_escaped, text)


def printable_line(text: str) -> str:
    """As `printable`, but tabs and line breaks become escapes as well."""
    return _IN_LINES.sub(_escaped, text)


def _escaped(match):
    return match[0].encode("unicode_escape").decode("ascii")
