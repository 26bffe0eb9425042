"""What absl says about wrong flags, as one plain sentence."""

import re

from absl import flags

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


def flag_sentence(error: flags.Error) -> str:
    """One sentence that names every flag which is missing or wrong."""
    lines = str(error).splitlines()
    missing = ", ".join(match[1] for match in map(_MISSING.match, lines) if match)
    parts = [f"{_with_dashes(missing)} must be given"] if missing else []
    parts += [_plain(line) for line in lines if not _MISSING.match(line)]
    sentence = "; ".join([*parts, "--help explains the flags"])
    return sentence[0].upper() + sentence[1:]


def _plain(line):
    for pattern, text in _REPLACEMENTS:
        line = re.sub(pattern, text, line)
    return line


def _one_of(values):
    return f"it must be one of {', '.join(values)}"


def _with_dashes(names):
    return ", ".join(f"--{name}" for name in names.split(", "))
