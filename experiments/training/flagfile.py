"""A training as flags of `experiments.train`."""

from dataclasses import fields
from pathlib import Path

from experiments.training.settings import Training


def flagfile(
    training: Training,
    dataset: str,
    data_dir: str | Path,
    train_split: str,
    val_split: str,
) -> str:
    """The flags with which `experiments.train` does this training, a line for each.

    Args:
        training: The settings; those that are `None` are left out.
        dataset, data_dir, train_split, val_split: The flags of the same names.
    """
    values = {field.name: getattr(training, field.name) for field in fields(training)}
    values["height"], values["width"] = values.pop("image_size")
    values |= {
        "dataset": dataset,
        "data_dir": data_dir,
        "train_split": train_split,
        "val_split": val_split,
    }
    lines = (_flag(name, value) for name, value in sorted(values.items()))
    return "".join(f"{line}\n" for line in lines if line)


def _flag(name, value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no{name}"
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    return f"--{name}={value}"
