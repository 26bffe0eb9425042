"""Opening a trained network from a file, for inference."""

from pathlib import Path
from typing import Protocol

import keras
import numpy as np

from lstm_icnet.deployment.folding import fold_batch_norm
from lstm_icnet.deployment.formats.clip_graph import clip_graph
from lstm_icnet.deployment.metadata import read_metadata
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.weights.finite_weights import refuse_nonfinite_model
from lstm_icnet.weights.keras_file import load_icnet


class OpenedNetwork(Protocol):
    """The interface of opened networks that `VideoSegmenter` uses, for any file format.

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
        return _KerasNetwork(network, network.align_states)
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
    return _KerasNetwork(folded, loaded.align_states)


class _KerasNetwork:
    """An `ICNet`; its graphs are made when they are first used."""

    gives_logits = True

    def __init__(self, model, align_states):
        self._model = model
        self.align_states = align_states
        self._step = None
        self._clip = None
        self.classes = model.classes
        self.palette = model.palette
        self.num_classes = model.num_classes
        self.num_frames = model.num_frames
        self.image_size = model.image_size

    def initial_state(self):
        shapes = self._model.state_shapes()
        return {
            name: np.zeros((1, *shape), "float32") for name, shape in shapes.items()
        }

    def step(self, images, states):
        if self._step is None:
            self._step = self._model.build_step()
        outputs = self._step.predict_on_batch({"image": images, **states})
        return _as_float32(outputs.pop("main")), outputs

    def clip(self, clips):
        if self._clip is None:
            self._clip = clip_graph(self._model)
        images = clips if self._model.taps else clips[:, -1]
        return _as_float32(self._clip.predict_on_batch(images))


def _as_float32(logits):
    """The outputs with logits as float32, whatever the precision of the network."""
    return np.asarray(keras.ops.convert_to_numpy(logits)).astype("float32", copy=False)
