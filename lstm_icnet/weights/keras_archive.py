"""Checks the content of a `.keras` file before Keras builds anything from it."""

import zipfile
from pathlib import Path
from typing import Any

from lstm_icnet.weights.foreign_files import MAX_JSON_BYTES, parse_json_object
from lstm_icnet.weights.network_facts import check_facts

_REGISTERED_NAME = "lstm_icnet>ICNet"
_MEMBERS = ("metadata.json", "config.json", "model.weights.h5")
# Keras stores without compression; weights hardly compress, zeros of an optimiser do.
_MAX_COMPRESSION = 100
# A network of width 1 has 6.7 million parameters, most of which grow with the square.
_FEWEST_PARAMETERS = 3_000_000


def check_icnet_archive(file: Path) -> None:
    """Raises unless `file` is a `.keras` file whose config describes an `ICNet`.

    Nothing in the file is run, and no class that it names is imported: the config must
    name `ICNet` itself, with arguments within their ranges.

    Raises:
        ValueError: If it is anything else; the message does not name the file.
        zipfile.BadZipFile: If the archive is damaged.
    """
    with zipfile.ZipFile(file) as archive:
        sizes = {member.filename: member for member in archive.infolist()}
        for name in _MEMBERS:
            if name not in sizes:
                raise ValueError(f"there is no {name} in it")
        if sizes["config.json"].file_size > MAX_JSON_BYTES:
            raise ValueError(f"its config.json unpacks to over {MAX_JSON_BYTES} bytes")
        weights = sizes["model.weights.h5"]
        if weights.file_size > _MAX_COMPRESSION * weights.compress_size + 2**20:
            raise ValueError(
                f"its model.weights.h5 would unpack from {weights.compress_size} to "
                f"{weights.file_size} bytes, which weights do not"
            )
        config = parse_json_object(archive.read("config.json"))
    _check_config(config, weights.file_size)


def _check_config(config: dict[str, Any], weights_bytes: int) -> None:
    if config.get("registered_name") != _REGISTERED_NAME:
        raise ValueError(
            f"it holds a {config.get('class_name')!s:.40}; an ICNet or LSTM-ICNet "
            f"of this project is needed"
        )
    arguments = config.get("config")
    if not isinstance(arguments, dict):
        raise ValueError("its config has no arguments of the network")
    check_facts(arguments, ("num_classes", "image_size"))
    width = arguments.get("width_multiplier", 1.0)
    if 4 * _FEWEST_PARAMETERS * width**2 > weights_bytes and width > 1:
        raise ValueError(
            f"its weights have {weights_bytes} bytes, too few for a network of "
            f"width_multiplier={width}"
        )
