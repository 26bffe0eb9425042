"""Opening a trained network from a file, for inference."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from lstm_icnet.deployment.folding import fold_batch_norm
from lstm_icnet.deployment.formats.opened_keras import KerasNetwork
from lstm_icnet.deployment.open_export import check_engine, open_export, part_of_export
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.weights.finite_weights import refuse_nonfinite_model
from lstm_icnet.weights.keras_file import keras_file, load_icnet


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
        on_gpu: Whether `step` and `steps` give logits as tensors of the engine on a
            GPU. Then `draw` and `move` work on it, too, so that neither logits nor
            states pass through the main memory.
        steps: What computes `frames_at_once` consecutive frames of one stream together:
            functions of the inputs of `ICNet.build_steps`, the images in uint8, that
            give what `step` gives; by whether the states move along the flow.
    """

    classes: tuple[str, ...] | None
    palette: tuple[tuple[int, int, int], ...] | None
    num_classes: int
    num_frames: int
    image_size: tuple[int, int]
    align_states: bool
    gives_logits: bool
    on_gpu: bool
    steps: dict[bool, Callable[[dict], tuple[np.ndarray, dict]]]

    @property
    def frames_at_once(self) -> int:
        """How many frames `steps` compute; 1 if there are none."""

    def initial_state(self) -> dict:
        """The states before the first frame, by name."""

    def step(self, images: np.ndarray, states: dict) -> tuple[np.ndarray, dict]:
        """Outputs for uint8 images of the network's size, and the new states."""

    def clip(self, clips: np.ndarray) -> np.ndarray:
        """Outputs for the last frame of each clip."""

    def draw(self, logits: Any, size: tuple[int, int]) -> np.ndarray:
        """What `draw_labels` gives: uint8 (batch, *size). Only where `on_gpu`."""

    def move(self, states: dict, flow: dict) -> dict:
        """The states moved by `layers.warp_states`. Only where `on_gpu`.

        Args:
            states: By name.
            flow: By `flow_<tap>`, float32 (1, state height, state width, 2).
        """


def open_network(
    network: str | Path | ICNet,
    allow_nonfinite: bool = False,
    engine: str | None = None,
) -> OpenedNetwork:
    """Opens a network for inference: an `ICNet`, or a file or folder in any format.

    Args:
        network: An `ICNet`, a `.keras` file, a workdir, an export folder, its
            `saved_model` or one of its `.onnx` or `.tflite` files.
        allow_nonfinite: Whether weights may be NaN or infinite.
        engine: One of `open_export.ENGINES`, to run an export by; by default the one
            that fits the file, or TensorFlow for a folder with a `saved_model`.

    Raises:
        FileNotFoundError: If there is nothing at the path, or nothing for the engine.
        ModuleNotFoundError: If the engine is not installed.
        ValueError: If the file is none of ours, or weights are not finite and this is
            not allowed.
    """
    check_engine(engine)
    if isinstance(network, ICNet):
        _refuse_engine(engine, network.name)
        if not allow_nonfinite:
            refuse_nonfinite_model(network)
        return KerasNetwork(network, network.align_states)
    path = Path(network)
    part = part_of_export(path)
    if part is not None:
        return open_export(*part, engine, allow_nonfinite)
    _refuse_engine(engine, keras_file(path))
    loaded = load_icnet(path, allow_nonfinite)
    folded = fold_batch_norm(loaded)
    if not allow_nonfinite:
        refuse_nonfinite_model(folded, str(path))
    return KerasNetwork(folded, loaded.align_states)


def _refuse_engine(engine, network):
    if engine is not None:
        raise ValueError(
            f"{network} is not exported, so Keras runs it; an `engine` needs a folder "
            f"of experiments.export. Received: engine={engine!r}"
        )
