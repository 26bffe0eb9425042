"""The `ICNet` in a `.keras` file or a workdir."""

import zipfile
from pathlib import Path

import keras

from lstm_icnet.network.icnet_model import ICNet


def load_icnet(path) -> ICNet:
    """The `ICNet` in a `.keras` file or in a workdir's `last.keras`.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If the file is not a `.keras` file of an `ICNet`.
    """
    file = keras_file(path)
    if file.suffix != ".keras" or not zipfile.is_zipfile(file):
        raise ValueError(f"{file} is not a .keras file, or only a part of one")
    try:
        model = keras.saving.load_model(file, compile=False)
    except (ValueError, TypeError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{file} cannot be read as a .keras file: {first_line(error)}"
        ) from error
    if not isinstance(model, ICNet):
        raise ValueError(
            f"{file} holds a {type(model).__name__}; an ICNet or LSTM-ICNet of this "
            f"project is needed"
        )
    return model


def keras_file(path) -> Path:
    """The `.keras` file that `path` means: itself, or `last.keras` of a workdir."""
    path = Path(path)
    file = path / "last.keras" if path.is_dir() else path
    if not file.is_file():
        raise FileNotFoundError(
            f"There is no trained network at {file}; it should be a .keras file, or "
            f"the workdir of a training that has reached its first checkpoint"
        )
    return file


def first_line(error):
    """The first line of an error's message, for a sentence of our own."""
    return str(error).strip().split("\n")[0]
