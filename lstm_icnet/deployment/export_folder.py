"""The folder that a network is deployed from."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lstm_icnet.deployment.folding import fold_batch_norm
from lstm_icnet.deployment.metadata import FILE_NAME, metadata_of
from lstm_icnet.deployment.whole_export import whole_export
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.weights.checksums import sha256_of_files, sha256_of_weights
from lstm_icnet.weights.finite_weights import has_finite_weights, refuse_nonfinite_model
from lstm_icnet.weights.initial_weights import copy_weights

FORMATS = ("saved_model", "tflite", "onnx")
_CONTENT = (
    "saved_model",
    "model.tflite",
    "model_float16.tflite",
    "model_int8.tflite",
    "model.onnx",
    "model_int8.onnx",
    FILE_NAME,
)


def export(
    model: ICNet,
    out_dir: Path,
    scores: bool = False,
    allow_nonfinite: bool = False,
    formats: Sequence[str] = ("saved_model",),
    calibration: Iterable[np.ndarray] = (),
    training_run: Mapping[str, Any] | None = None,
) -> Path:
    """Writes the files of `formats` and `metadata.json` as one export.

    An older export at the same place is replaced as a whole.

    Args:
        model: The network.
        out_dir: Folder, made if it is not there.
        scores: Whether the network gives class probabilities as well.
        allow_nonfinite: Whether weights may be NaN or infinite.
        formats: Some of `FORMATS`; `onnx` needs `tf2onnx`.
        calibration: Clips, each uint8 (frames, height, width, 3) at the network's size,
            for the int8 files of `tflite` and `onnx`, which are left out without any.
        training_run: What to say about the training in `metadata.json`.

    Returns:
        `out_dir`.

    Raises:
        FileExistsError: If `out_dir` is a file, or holds anything but an export.
        ModuleNotFoundError: If `onnx` is asked for without `tf2onnx`.
        ValueError: If weights are not finite, or a format is unknown.
        OSError: If the folder cannot be written.
    """
    if not formats or set(formats) - set(FORMATS):
        raise ValueError(f"`formats` must be some of {FORMATS}. Received: {formats}")
    folded = fold_batch_norm(model)
    if not allow_nonfinite:
        refuse_nonfinite_model(model)
        refuse_nonfinite_model(folded)
    is_finite = has_finite_weights(folded)
    with whole_export(out_dir, _CONTENT) as temporary:
        if "saved_model" in formats:
            # Here and below, so that without TensorFlow all but exports works.
            from lstm_icnet.deployment.formats.saved_model import write_saved_model

            saved_model = temporary / "saved_model"
            write_saved_model(folded, saved_model, scores, model.align_states)
        samples = []
        if is_finite and set(formats) - {"saved_model"}:
            from lstm_icnet.deployment.formats.calibration import calibration_inputs

            samples = calibration_inputs(folded, calibration)
        if "tflite" in formats:
            from lstm_icnet.deployment.formats.tflite_file import write_tflite

            write_tflite(folded, temporary, scores, samples)
        if "onnx" in formats:
            _write_onnx_files(folded, temporary, scores, samples)
        metadata_of(
            model,
            finite_weights=is_finite,
            training_run=training_run,
            weights_sha256=sha256_of_weights(map(np.asarray, folded.variables)),
            files=sha256_of_files(temporary),
        ).write(temporary)
    return out_dir


def _write_onnx_files(model, folder, scores, samples):
    from lstm_icnet.deployment.formats.onnx_file import write_onnx_int8, write_onnx_step

    write_onnx_step(model, folder / "model.onnx", scores)
    if samples:
        write_onnx_int8(folder / "model.onnx", folder / "model_int8.onnx", samples)


def at_size(model: ICNet, image_size: tuple[int, int]) -> ICNet:
    """`model`, or a copy of it with its weights for images of another size."""
    if tuple(image_size) == model.image_size:
        return model
    resized = ICNet.from_config({**model.get_config(), "image_size": image_size})
    copy_weights(model, resized)
    return resized
