"""Short names of the systems that are compared."""

from collections.abc import Sequence
from pathlib import Path

from data.files.listing import is_url


def named_sources(values: Sequence[str], flag: str) -> dict[str, str]:
    """Paths by name, in order: NAME=PATH, or a path named after its last part.

    If the last parts of two paths are equal, their names are the whole paths.

    Args:
        values: Of the flag.
        flag: Its name, for errors.

    Raises:
        ValueError: If two have the same name, or one has no path.
    """
    pairs = [_split(value) for value in values]
    short = [name or _last(Path(source)) for name, source in pairs]
    sources = {}
    for (name, source), title in zip(pairs, short, strict=True):
        if not source:
            raise ValueError(f"{flag}={name and name + '='} must end in a path")
        if short.count(title) > 1 and not name:
            title = source
        if title in sources:
            raise ValueError(
                f"{flag}: two systems are named {title}; name them by NAME=PATH"
            )
        sources[title] = source
    return sources


def _last(path):
    # The name of a folder may hold a dot.
    return path.stem if path.is_file() else path.name or str(path)


def _split(value):
    if is_url(value):  # it may hold equals signs
        return "", value
    name, equals, source = value.partition("=")
    return (name, source) if equals and not Path(value).exists() else ("", value)
