"""`metadata.json` of an export: facts that its other files do not store."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.weights.foreign_files import check_regular_file, parse_json_object
from lstm_icnet.weights.network_facts import check_facts

FILE_NAME = "metadata.json"
_REQUIRED = ("num_classes", "classes", "palette", "image_size", "num_frames")
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Metadata:
    """The content of `metadata.json`.

    Attributes:
        model: Name of the network, such as `lstm_icnet_v2`.
        version: 1 to 6, or None for ICNet.
        cell: Kind of cell, or None for ICNet.
        num_classes: 1 to 255.
        classes: Names of the classes, or None.
        palette: RGB colours of the classes, 0 to 255, or None.
        image_size: (height, width) in pixels that the network works at.
        num_frames: Frames of a clip; 1 for ICNet.
        mean_rgb: The mean colour that the network subtracts, RGB, 0 to 255.
        states: Shapes (height, width, channels) of the states by name.
        align_states: Whether the network was trained with states moved along the
            optical flow, so that a stream should move them, too.
        finite_weights: Whether no weight is NaN or infinite.
        training_run: What is known about the training: names and values, or None.
        weights_sha256: Checksum of the weights, see `weights/checksums.py`, or None
            in exports of older versions.
        files: SHA-256 of the other files of the export by path; empty in exports of
            older versions.
    """

    model: str
    version: int | None
    cell: str | None
    num_classes: int
    classes: tuple[str, ...] | None
    palette: tuple[tuple[int, int, int], ...] | None
    image_size: tuple[int, int]
    num_frames: int
    mean_rgb: tuple[float, float, float] | None
    states: dict[str, tuple[int, ...]]
    align_states: bool = False
    finite_weights: bool = True
    training_run: Mapping[str, Any] | None = None
    weights_sha256: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Writes `metadata.json` into `folder`."""
        text = json.dumps(asdict(self), indent=2, allow_nan=False)
        (folder / FILE_NAME).write_text(f"{text}\n", encoding="utf-8")


def metadata_of(model: ICNet, **further: Any) -> Metadata:
    """The content of `metadata.json` for a network, `further` attributes given."""
    return Metadata(
        model=model.name,
        version=model.version,
        cell=model.cell,
        num_classes=model.num_classes,
        classes=model.classes,
        palette=model.palette,
        image_size=model.image_size,
        num_frames=model.num_frames,
        mean_rgb=model.mean_rgb,
        states={name: tuple(shape) for name, shape in model.state_shapes().items()},
        align_states=model.align_states,
        **further,
    )


def read_metadata(folder: Path) -> Metadata:
    """Reads `metadata.json` in an export folder and checks it.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If it does not describe a network; the message names the file.
    """
    file = folder / FILE_NAME
    check_regular_file(file, "the description that experiments.export writes")
    try:
        return _checked(parse_json_object(file.read_bytes()))
    except ValueError as error:
        raise ValueError(f"{file} does not describe a network: {error}") from error


def _checked(facts):
    check_facts(facts, _REQUIRED)
    classes, palette, mean = (facts.get(n) for n in ("classes", "palette", "mean_rgb"))
    return Metadata(
        model=str(facts.get("model")),
        version=facts.get("version"),
        cell=facts.get("cell"),
        num_classes=facts["num_classes"],
        classes=None if classes is None else tuple(classes),
        palette=None if palette is None else tuple(map(tuple, palette)),
        image_size=tuple(facts["image_size"]),
        num_frames=facts["num_frames"],
        mean_rgb=None if mean is None else tuple(mean),
        states=_checked_states(facts.get("states", {})),
        align_states=facts.get("align_states", False),
        **_checked_extras(facts),
    )


def _checked_extras(facts):
    """What exports of older versions do not say."""
    rules = {
        "finite_weights": ("true or false", lambda value: isinstance(value, bool)),
        "training_run": (
            "an object or null",
            lambda value: value is None or isinstance(value, dict),
        ),
        "weights_sha256": (
            "64 hexadecimal digits or null",
            lambda value: value is None or _is_sha256(value),
        ),
        "files": (
            "SHA-256 checksums by path",
            lambda value: (
                isinstance(value, dict) and all(map(_is_sha256, value.values()))
            ),
        ),
    }
    for name, (rule, holds) in rules.items():
        if name in facts and not holds(facts[name]):
            raise ValueError(
                f"`{name}` must be {rule}. Received: {name}={facts[name]!r:.60}"
            )
    return {name: facts[name] for name in rules if name in facts}


def _is_sha256(value):
    return isinstance(value, str) and bool(_SHA256.fullmatch(value))


def _checked_states(states):
    if not isinstance(states, dict):
        raise ValueError("`states` must be shapes by name")
    for name, shape in states.items():
        if (
            not isinstance(shape, list)
            or len(shape) != 3
            or not all(type(length) is int and length > 0 for length in shape)
        ):
            raise ValueError(
                f"The state {name:.40} must have three positive lengths. "
                f"Received: {shape!r:.60}"
            )
    return {name: tuple(shape) for name, shape in states.items()}
