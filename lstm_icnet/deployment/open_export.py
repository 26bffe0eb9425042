"""Opening an exported network, in any format and by any engine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lstm_icnet.deployment.metadata import FILE_NAME, Metadata, read_metadata
from lstm_icnet.network.versions import check_version
from lstm_icnet.weights.checksums import sha256_of_file

# What each engine can run, best first.
_FILES_OF = {
    "tensorflow": ("saved_model",),
    "onnxruntime": ("model.onnx",),
    "tflite": ("model.tflite", "model_float16.tflite", "model_int8.tflite"),
    "openvino_float32": ("model.onnx", "model_int8.onnx"),
    "openvino": ("model.onnx", "model_int8.onnx"),
}
ENGINES = tuple(_FILES_OF)
_FORMAT_OF = {"saved_model": "saved_model", "model.onnx": "onnx"}


def part_of_export(path: Path) -> tuple[Path, str | None] | None:
    """The export folder that `path` means, and the file in it if `path` names one.

    `path` may be the folder, its `saved_model` or one of its files; `None` if it is
    nothing of an export.
    """
    names = [name for files in _FILES_OF.values() for name in files]
    if (path / "saved_model.pb").is_file():
        return path.parent, path.name
    if path.suffix in (".onnx", ".tflite"):
        return path.parent, path.name
    if any((path / name).exists() for name in (FILE_NAME, *names)):
        return path, None
    return None


def open_export(
    folder: Path,
    name: str | None = None,
    engine: str | None = None,
    allow_nonfinite: bool = False,
) -> Any:
    """Opens an exported network; gives an `open_network.OpenedNetwork`.

    Args:
        folder: The export folder.
        name: The file in it to open; by default the first that `engine` can run.
        engine: One of `ENGINES`; by default the first that can run the file:
            TensorFlow before ONNX Runtime before TFLite.
        allow_nonfinite: Whether weights may be NaN or infinite.

    Raises:
        FileNotFoundError: If there is no such file.
        ModuleNotFoundError: If the engine is not installed.
        ValueError: If the engine is unknown or cannot run the file, or the file is not
            the network that `metadata.json` describes.
    """
    check_engine(engine)
    metadata = read_metadata(folder)
    name, engine = _chosen(folder, name, engine)
    _check_files(folder, metadata, name)
    return _opener(engine)(folder / name, metadata, allow_nonfinite)


def check_engine(engine: str | None) -> None:
    """Raises ValueError if there is no such engine."""
    if engine is not None and engine not in ENGINES:
        raise ValueError(f"`engine` must be one of {ENGINES}. Received: {engine!r}")


def _chosen(folder, name, engine):
    engines = ENGINES if engine is None else (engine,)
    if name is not None:
        for candidate in engines:
            if name in _FILES_OF[candidate]:
                return name, candidate
        known = [e for e in ENGINES if name in _FILES_OF[e]]
        raise ValueError(
            f"{folder / name} cannot be run by the engine {engine}, but by "
            f"{' or '.join(known)}"
            if known
            else f"{folder / name} is no file of an export"
        )
    for candidate in engines:
        for file in _FILES_OF[candidate]:
            if (folder / file).exists():
                return file, candidate
    wanted = _FILES_OF[engines[0]][0]
    format_name = _FORMAT_OF.get(wanted, "tflite")
    raise FileNotFoundError(
        f"There is no {folder / wanted}, which the engine {engines[0]} runs; export "
        f"the network with --formats={format_name}"
    )


def _opener(engine) -> Callable[[Path, Any, bool], Any]:
    # Each needs packages that the others do without.
    if engine == "tensorflow":
        from lstm_icnet.deployment.formats.opened_saved_model import SavedModelNetwork

        return SavedModelNetwork
    if engine == "tflite":
        from lstm_icnet.deployment.formats.opened_tflite import TfliteNetwork

        return TfliteNetwork
    from lstm_icnet.deployment.formats import opened_onnx

    if engine == "onnxruntime":
        return opened_onnx.OnnxRuntimeNetwork
    if engine == "openvino":
        return opened_onnx.OpenVinoNetwork
    return opened_onnx.OpenVinoFloat32Network


def _check_files(folder: Path, metadata: Metadata, name: str) -> None:
    """Raises ValueError if a part of an export is not what its metadata describe.

    Args:
        folder: The export folder.
        metadata: What its `metadata.json` says.
        name: The file or folder in it that is to be opened. Checksums of an older
            export, which has none, are not checked.
    """
    expected_states = {
        f"convlstm_{tap}_{part}"
        for tap in check_version(metadata.version, metadata.cell)
        for part in "hc"
    }
    if metadata.files and set(metadata.states) != expected_states:
        raise _contradiction(
            folder / name,
            f"a network of version {metadata.version} has the states "
            f"{sorted(expected_states)}, not {sorted(metadata.states)}",
        )
    checksums = {
        path: checksum
        for path, checksum in metadata.files.items()
        if path == name or path.startswith(f"{name}/")
    }
    if not (folder / name).exists():
        raise FileNotFoundError(
            f"There is no {folder / name}; export the network with "
            f"--formats={_FORMAT_OF.get(name, 'tflite')}"
        )
    if metadata.files and not checksums:
        raise _contradiction(folder / name, f"it has no checksum of {name}")
    for path, expected in checksums.items():
        file = folder / path
        if not file.is_file():
            raise _contradiction(folder / name, f"there is no {path}")
        if sha256_of_file(file) != expected:
            raise _contradiction(
                folder / name, f"the SHA-256 checksum of {path} is another one"
            )


def _contradiction(part, reason):
    return ValueError(
        f"{part} is not the network that {part.with_name(FILE_NAME)} describes: "
        f"{reason}; export the network again"
    )
