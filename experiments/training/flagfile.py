"""A training as flags of `experiments.train`, and which may change in a later run."""

from collections.abc import Mapping
from dataclasses import MISSING, fields

from experiments.training.settings import Training

# Flags that may change between two runs in one workdir, since they do not affect the
# weights. `steps` may also grow.
_FREE = {
    "coordinator",
    "num_processes",
    "process_id",
    "checkpoint_minutes",
    "checkpoint_steps",
    "data_dir",
    "jit_compile",
    "keep_checkpoints",
    "log_steps",
    "recompute",
    "strategy",
    "val_split",
    "workdir",
}


def flagfile(training: Training, others: Mapping[str, object]) -> str:
    """The flags with which `experiments.train` does this training, a line for each.

    Args:
        training: The settings; those that are `None` are left out.
        others: More flags by name, which override those of `training`.
    """
    values = {field.name: getattr(training, field.name) for field in fields(training)}
    values["height"], values["width"] = values.pop("image_size")
    values |= others
    return "".join(
        f"--{name}={_text(value)}\n"
        for name, value in sorted(values.items())
        if value is not None
    )


def differences(before: str, now: str) -> list[str]:
    """How the flags of a training differ from those of the run that it continues.

    Args:
        before, now: Flagfiles. A flag that one of them lacks has its default there.

    Returns:
        Such as "seed 0 there and 1 now"; empty where it can continue.
    """
    old, new = _parsed(before), _parsed(now)
    found = []
    for name in sorted((old.keys() | new.keys()) - _FREE):
        default = _DEFAULTS.get(name, "")
        was, is_now = old.get(name, default), new.get(name, default)
        if was in (is_now, None) or (name == "steps" and _has_grown(was, is_now)):
            continue
        found.append(f"{name} {was or 'not set'} there and {is_now or 'not set'} now")
    return found


def _text(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    return str(value)


def _default(field):
    if field.default is MISSING:
        return None  # not known
    return "" if field.default is None else _text(field.default)


_DEFAULTS = {field.name: _default(field) for field in fields(Training)}
_DEFAULTS |= {"height": None, "width": None, "deterministic": "false"}


def _parsed(text):
    """Values by flag; `--flag` and `--noflag` are how absl writes booleans."""
    values = {}
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("--").partition("=")
        if equals:
            values[name] = value
        elif name.startswith("no") and name[2:] in _DEFAULTS:
            values[name[2:]] = "false"
        elif name:
            values[name] = "true"
    return values


def _has_grown(before, now):
    return before.isdecimal() and now.isdecimal() and int(before) <= int(now)
