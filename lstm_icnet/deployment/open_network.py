"""Opening a trained network from a file, for inference."""

from pathlib import Path
from typing import Protocol

import numpy as np

from lstm_icnet.deployment.folding import fold_batch_norm
from lstm_icnet.deployment.formats.opened_keras import KerasNetwork
from lstm_icnet.deployment.metadata import read_metadata
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.weights.finite_weights import refuse_nonfinite_model
from lstm_icnet.weights.keras_file import load_icnet


class OpenedNetwork(Protocol):
    """The interface of opened networks that `VideoSegmenter` uses, for any file format.

    Several threads may call the methods at the same time. The states are arrays or the
    tensors of an engine; those that `step` gives can be given to the next `step`.

    Attributes:
        classes, palette, num_classes, num_frames, image_size, align_states: See
            `Metadata`.
        gives_logits: Whether `step` and `clip` give logits, float32 (batch, grid
            height, grid width, num_classes); if not, as with exports of older versions,
            they give label maps, uint8 (batch, height, width) at `image_size`.
    """

    classes: tuple[str, ...] | None
    palette: tuple[tuple[int, int, int], ...] | None
    num_classes: int
    num_frames: int
    image_size: tuple[int, int]
    align_states: bool
    gives_logits: bool

    def initial_state(self) -> dict:
        """The states before the first frame, by name."""

    def step(self, images: np.ndarray, states: dict) -> tuple[np.ndarray, dict]:
        """Outputs for uint8 images of the network's size, and the new states."""

    def clip(self, clips: np.ndarray) -> np.ndarray:
        """Outputs for the last frame of each clip."""


def open_network(
    network: str | Path | ICNet, allow_nonfinite: bool = False
) -> OpenedNetwork:
    """Opens a network for inference: an `ICNet`, or a file or folder in any format.

    Raises:
        FileNotFoundError: If there is nothing at the path.
        ValueError: If the file is none of ours, or weights are not finite and this is
            not allowed.
    """
    if isinstance(network, ICNet):
        if not allow_nonfinite:
            refuse_nonfinite_model(network)
        return KerasNetwork(network, network.align_states)
    path = Path(network)
    if (path / "saved_model.pb").is_file():
        path = path.parent
    if (path / "saved_model").is_dir():
        from lstm_icnet.deployment.formats.opened_saved_model import SavedModelNetwork

        return SavedModelNetwork(path, read_metadata(path), allow_nonfinite)
    loaded = load_icnet(path, allow_nonfinite)
    folded = fold_batch_norm(loaded)
    if not allow_nonfinite:
        refuse_nonfinite_model(folded, str(path))
    return KerasNetwork(folded, loaded.align_states)
