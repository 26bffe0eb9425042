"""The folder that a network is deployed from."""

from pathlib import Path

from lstm_icnet.deployment.folding import fold_batch_norm
from lstm_icnet.deployment.formats.saved_model import write_saved_model
from lstm_icnet.deployment.metadata import FILE_NAME, metadata_of
from lstm_icnet.deployment.whole_export import whole_export
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.weights.finite_weights import refuse_nonfinite_model
from lstm_icnet.weights.initial_weights import copy_weights

_CONTENT = (
    "saved_model",
    "model.tflite",
    "model_float16.tflite",
    "model_int8.tflite",
    "model.onnx",
    FILE_NAME,
)


def export(
    model: ICNet, out_dir: Path, scores: bool = False, allow_nonfinite: bool = False
) -> Path:
    """Writes `saved_model/` and `metadata.json` as one; an older export is replaced.

    Args:
        model: The network.
        out_dir: Folder, made if it is not there.
        scores: Whether the network gives class probabilities as well.
        allow_nonfinite: Whether weights may be NaN or infinite.

    Returns:
        `out_dir`.

    Raises:
        FileExistsError: If `out_dir` is a file, or holds anything but an export.
        ValueError: If weights are not finite.
        OSError: If the folder cannot be written.
    """
    folded = fold_batch_norm(model)
    if not allow_nonfinite:
        refuse_nonfinite_model(model)
        refuse_nonfinite_model(folded)
    with whole_export(out_dir, _CONTENT) as temporary:
        write_saved_model(folded, temporary / "saved_model", scores)
        metadata_of(model).write(temporary)
    return out_dir


def at_size(model: ICNet, image_size: tuple[int, int]) -> ICNet:
    """`model`, or a copy of it with its weights for images of another size."""
    if tuple(image_size) == model.image_size:
        return model
    resized = ICNet.from_config({**model.get_config(), "image_size": image_size})
    copy_weights(model, resized)
    return resized
