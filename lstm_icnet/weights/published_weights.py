"""Published weights, converted to the names and layouts of this project.

Two formats, both of networks whose layers bear the names of ICNet's prototxt:
hellochick's ICNet, converted from Caffe to a `.npy` file, and the TensorFlow 1
checkpoints that the authors of LSTM-ICNet trained from it.
"""

from pathlib import Path

import numpy as np

from lstm_icnet.network.settings import CITYSCAPES_MEAN_RGB
from lstm_icnet.weights.given_weights import GivenWeights
from lstm_icnet.weights.npy_weights import read_npy_weights
from lstm_icnet.weights.tf1_checkpoint import read_tf1_checkpoint

HELLOCHICK_MEAN_RGB = (123.68, 116.779, 103.939)
VIRTUAL_KITTI_MEAN_RGB = (95.492, 104.020, 92.183)
# The two data sets that the authors trained on, by their number of classes.
_AUTHORS_MEANS_RGB = {19: CITYSCAPES_MEAN_RGB, 14: VIRTUAL_KITTI_MEAN_RGB}
_WEIGHTS = {
    "weights": "kernel",
    "biases": "bias",
    "scale": "gamma",
    "offset": "beta",
    "mean": "moving_mean",
    "variance": "moving_variance",
}
_CELLS = {
    "convlstm5_4_sub4": "convlstm_sub4",
    "convlstm3_1_sub2": "convlstm_sub2",
    "convlstm3_sub1": "convlstm_sub1",
    "convlstm6_cls": "convlstm_sub12",
}
_CELL_KERNELS = {
    "kernel": "kernel",
    "kernel_h": "vertical_kernel",
    "kernel_w": "horizontal_kernel",
    "kernel_depth": "depthwise_kernel",
    "kernel_sep": "pointwise_kernel",
}
_NORM_BEHIND_CELL = {"convlstm6_cls_bn": "convlstm_sub12_bn"}


def hellochick_weights(path: str | Path) -> GivenWeights:
    """ICNet's weights from a `.npy` file, `{layer: {name: array}}`.

    Convolutions have `weights` and `biases`; batch normalisation has `scale`, `offset`,
    `mean` and `variance`, or the names of Keras. Shapes are not changed, so that the
    first conversion is refused: its norms are 4-D, and their names are mixed up.

    Raises:
        ValueError: As `read_npy_weights` does.
    """
    layers = {
        layer: {_WEIGHTS.get(name, name): array for name, array in weights.items()}
        for layer, weights in read_npy_weights(path).items()
    }
    return GivenWeights(str(path), layers, HELLOCHICK_MEAN_RGB)


def authors_weights(prefix: str) -> GivenWeights:
    """ICNet's or an LSTM-ICNet's weights from a TensorFlow 1 checkpoint.

    Variables are `<layer>/<name>`, and `<cell>/rnn/<cell>/<name>` for a cell. The mean
    colour is that of Cityscapes if the file has 19 classes, that of Virtual KITTI if
    it has 14, and unknown otherwise.

    Raises:
        ValueError: As `read_tf1_checkpoint` does.
    """
    layers: dict[str, dict[str, np.ndarray]] = {}
    for variable, array in read_tf1_checkpoint(prefix).items():
        layer, _, name = variable.rpartition("/")
        cell = variable.split("/")[0]
        if cell in _CELLS:
            weights = _cell_weights(name, array)
            layer = _CELLS[cell]
        else:
            weights = {_WEIGHTS.get(name, name): array}
            layer = _NORM_BEHIND_CELL.get(layer, layer)
        layers.setdefault(layer, {}).update(weights)
    num_classes = np.size(layers.get("conv6_cls", {}).get("bias", ()))
    return GivenWeights(str(prefix), layers, _AUTHORS_MEANS_RGB.get(num_classes))


def _cell_weights(name, array):
    """The weights of our cell that a variable of the authors' cell holds, by name.

    Their kernels are the input's and the state's kernel, concatenated on the channel
    axis, and they add a forget bias of 1 at run time.
    """
    if name == "biases":
        i, f, j, o = np.array_split(_reordered(array), 4)
        return {"bias": np.concatenate([i, f + 1, j, o])}
    if name not in _CELL_KERNELS or array.ndim != 4:
        return {name: array}
    ours = _CELL_KERNELS[name]
    of_input, of_state = np.array_split(_reordered(array), 2, axis=2)
    return {ours: of_input, f"recurrent_{ours}": of_state}


def _reordered(array):
    """The last axis in the gate order i, f, j, o instead of i, j, f, o."""
    i, j, f, o = np.array_split(array, 4, axis=-1)
    return np.concatenate([i, f, j, o], axis=-1)
