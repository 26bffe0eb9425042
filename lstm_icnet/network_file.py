"""Opening a trained network from a file, for inference."""

import json
import zipfile
from pathlib import Path

import cv2
import keras
import numpy as np

from lstm_icnet.folding import fold_batch_norm
from lstm_icnet.icnet_model import ICNet
from lstm_icnet.inference import labels_of_clip, labels_of_step


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


def open_network(network):
    """A network with `step` and `clip`, from an `ICNet` or a path of any kind."""
    if isinstance(network, ICNet):
        return _KerasNetwork(network)
    path = Path(network)
    if (path / "saved_model.pb").is_file():
        path = path.parent
    if (path / "saved_model").is_dir():
        return _SavedModelNetwork(path)
    return _KerasNetwork(fold_batch_norm(load_icnet(path)))


class _KerasNetwork:
    """An `ICNet`; one pair of graphs for each size of label maps asked for."""

    def __init__(self, model):
        self._model = model
        self._graphs = {}
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

    def step(self, images, states, size):
        graph = self._graph(labels_of_step, size)
        outputs = graph.predict_on_batch({"image": images, **states})
        return outputs.pop("labels"), outputs

    def clip(self, clips, size):
        images = clips if self._model.taps else clips[:, -1]
        return self._graph(labels_of_clip, size).predict_on_batch(images)["labels"]

    def _graph(self, make, size):
        if (make, size) not in self._graphs:
            self._graphs[make, size] = make(self._model, size)
        return self._graphs[make, size]


class _SavedModelNetwork:
    """An export folder: `saved_model/` and `metadata.json`."""

    def __init__(self, folder):
        import tensorflow as tf

        metadata_file = folder / "metadata.json"
        if not metadata_file.is_file():
            raise FileNotFoundError(
                f"There is no {metadata_file}; it should lie beside saved_model/, as "
                f"experiments.export writes it"
            )
        metadata = json.loads(metadata_file.read_text(encoding="utf-8"))
        self.classes = metadata["classes"]
        self.palette = metadata["palette"]
        self.num_classes = metadata["num_classes"]
        self.num_frames = metadata["num_frames"]
        self.image_size = tuple(metadata["image_size"])
        self._loaded = tf.saved_model.load(str(folder / "saved_model"))
        self._signatures = self._loaded.signatures

    def initial_state(self):
        if "initial_state" not in self._signatures:
            return {}
        return self._signatures["initial_state"](batch_size=_constant(1))

    def step(self, images, states, size):
        outputs = self._signatures["step"](image=_constant(images), **states)
        states = {name: outputs[name] for name in states}  # there may be scores, too
        return _at_size(outputs["labels"], size), states

    def clip(self, clips, size):
        outputs = self._signatures["clip"](images=_constant(clips))
        return _at_size(outputs["labels"], size)


def _constant(value):
    import tensorflow as tf

    return tf.constant(value)


def _at_size(labels, size):
    """Label maps at `size`, nearest pixel: an exported network has one size."""
    height, width = size
    return np.stack(
        [
            cv2.resize(label, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
            for label in labels.numpy()
        ]
    )


def first_line(error):
    """The first line of an error's message, for a sentence of our own."""
    return str(error).strip().split("\n")[0]
