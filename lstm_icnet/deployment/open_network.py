"""Opening a trained network from a file, for inference."""

from pathlib import Path

import numpy as np

from lstm_icnet.deployment.folding import fold_batch_norm
from lstm_icnet.deployment.formats.label_graphs import labels_of_clip, labels_of_step
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.weights.keras_file import load_icnet


def open_network(network):
    """A network with `step` and `clip`, from an `ICNet` or a path of any kind."""
    if isinstance(network, ICNet):
        return _KerasNetwork(network)
    path = Path(network)
    if (path / "saved_model.pb").is_file():
        path = path.parent
    if (path / "saved_model").is_dir():
        from lstm_icnet.deployment.formats.saved_model import SavedModelNetwork

        return SavedModelNetwork(path)
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
