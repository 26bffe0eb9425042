"""The `ICNet` in a `.keras` file or a workdir."""

import zipfile
from pathlib import Path

import keras

from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.weights.finite_weights import refuse_nonfinite_model
from lstm_icnet.weights.foreign_files import first_line
from lstm_icnet.weights.keras_archive import check_icnet_archive


def load_icnet(path: str | Path, allow_nonfinite: bool = False) -> ICNet:
    """The `ICNet` in a `.keras` file or in a workdir's `last.keras`.

    The file's description is checked before anything is built, and no code in the file
    is run.

    Args:
        path: The file or workdir.
        allow_nonfinite: Whether weights may be NaN or infinite.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If the file is not a `.keras` file of an `ICNet`, or has weights
            that are not finite.
    """
    file = keras_file(path)
    if file.suffix != ".keras" or not zipfile.is_zipfile(file):
        raise ValueError(f"{file} is not a .keras file, or only a part of one")
    try:
        check_icnet_archive(file)
        model = keras.saving.load_model(file, compile=False, safe_mode=True)
    except Exception as error:  # Keras and HDF5 raise anything on a broken file
        raise ValueError(
            f"{file} cannot be read as a .keras file: {first_line(error)}"
        ) from error
    if not allow_nonfinite:
        refuse_nonfinite_model(model, str(file))
    return model


def keras_file(path: str | Path) -> Path:
    """The `.keras` file that `path` means: itself, or `last.keras` of a workdir.

    Raises:
        FileNotFoundError: If it is not there.
    """
    path = Path(path)
    file = path / "last.keras" if path.is_dir() else path
    if not file.is_file():
        raise FileNotFoundError(
            f"There is no trained network at {file}; it should be a .keras file, the "
            f"workdir of a training that has reached its first checkpoint, or, where "
            f"networks are run, an export"
        )
    return file
