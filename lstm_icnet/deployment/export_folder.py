"""The folder that a network is deployed from."""

import json
import shutil
import tempfile
from pathlib import Path

from lstm_icnet.deployment.folding import fold_batch_norm
from lstm_icnet.deployment.formats.saved_model import write_saved_model
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.weights.initial_weights import copy_weights


def export(model: ICNet, out_dir: Path, scores: bool = False) -> Path:
    """Writes `saved_model/` and `metadata.json`; what stood there is replaced.

    Args:
        model: The network.
        out_dir: Folder, made if it is not there.
        scores: Whether the network gives class probabilities as well.

    Returns:
        `out_dir`.

    Raises:
        FileExistsError: If `out_dir` is a file.
    """
    if out_dir.exists() and not out_dir.is_dir():
        raise FileExistsError(f"--out_dir={out_dir} is a file; a folder is needed")
    out_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".partial_", dir=out_dir) as temporary:
        write_saved_model(
            fold_batch_norm(model), Path(temporary) / "saved_model", scores
        )
        finished = out_dir / "saved_model"
        if finished.exists():
            shutil.rmtree(finished)
        (Path(temporary) / "saved_model").replace(finished)
        metadata = Path(temporary) / "metadata.json"
        metadata.write_text(json.dumps(_metadata(model), indent=2) + "\n", "utf-8")
        metadata.replace(out_dir / "metadata.json")
    return out_dir


def at_size(model: ICNet, image_size: tuple[int, int]) -> ICNet:
    """`model`, or a copy of it with its weights for images of another size."""
    if tuple(image_size) == model.image_size:
        return model
    resized = ICNet.from_config({**model.get_config(), "image_size": image_size})
    copy_weights(model, resized)
    return resized


def _metadata(model):
    config = model.get_config()
    kept = ("version", "cell", "num_classes", "classes", "palette", "image_size")
    return {
        "model": model.name,
        **{name: config[name] for name in kept},
        "num_frames": model.num_frames,
        "mean_rgb": model.mean_rgb,
        "states": {name: list(s) for name, s in model.state_shapes().items()},
    }
