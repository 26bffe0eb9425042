"""Initialising a network with the weights of another one."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lstm_icnet.imports.own_layers import CELLS, BaseConvLSTM2D
from lstm_icnet.network.icnet import HEAD_LAYERS
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.weights.finite_weights import refuse_nonfinite_given
from lstm_icnet.weights.given_weights import GivenWeights, weights_of
from lstm_icnet.weights.keras_file import load_icnet
from lstm_icnet.weights.published_weights import authors_weights, hellochick_weights
from lstm_icnet.weights.tf1_checkpoint import checkpoint_prefix

# Layers besides the recurrent ones that a source may lack, and why it may.
_MAY_BE_MISSING = {
    "conv2_1_1x1_increase_bn": (
        "the source has no such layer, and a new one does not change predictions"
    ),
    "sub24_out": "the source has no such auxiliary head",
    "sub4_out": "the source has no such auxiliary head",
}


@dataclass
class WeightReport:
    """The layers that `copy_weights` loaded, and those it did not.

    Attributes:
        loaded: Names of the layers that got the weights of the source.
        initial: Names of the layers that kept their initial weights, with the reason.
        unused: Names of layers of the source that the network does not have.
    """

    loaded: list[str] = field(default_factory=list)
    initial: dict[str, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        total = len(self.loaded) + len(self.initial)
        lines = [f"{len(self.loaded)} of {total} layers loaded"]
        lines += [
            f"{name} keeps its initial weights: {why}"
            for name, why in self.initial.items()
        ]
        lines += [
            f"{name} of the source is not used: the network has no such layer"
            for name in self.unused
        ]
        return "\n".join(lines)


def read_weights(path: str | Path, allow_nonfinite: bool = False) -> GivenWeights:
    """Reads the weights of a network from a file or folder of any supported kind.

    Args:
        path: A workdir, a `.keras` file, hellochick's ICNet as a `.npy` file, or a
            TensorFlow 1 checkpoint of the authors: its prefix, one of its files, or
            its folder.
        allow_nonfinite: Whether weights may be NaN or infinite.

    Raises:
        FileNotFoundError: If there is nothing.
        ValueError: If it cannot be read, or has weights that are not finite.
    """
    given = _weights_at(Path(path))
    if not allow_nonfinite:
        refuse_nonfinite_given(given)
    return given


def _weights_at(path):
    prefix = checkpoint_prefix(path)
    if prefix:
        return authors_weights(prefix)
    if not path.exists():
        raise FileNotFoundError(
            f"There are no weights at {path}; it should be a workdir, a .keras file, "
            f"hellochick's .npy file or a TensorFlow 1 checkpoint"
        )
    if path.suffix == ".npy":
        return hellochick_weights(path)
    return weights_of(load_icnet(path, allow_nonfinite=True), source=str(path))


def copy_weights(source: ICNet | GivenWeights, target: ICNet) -> WeightReport:
    """Copies weights into an `ICNet`, layer by layer by name.

    These layers keep their initial weights: recurrent layers, auxiliary heads and the
    norm `conv2_1_1x1_increase_bn` if the source lacks them, and the classifier heads if
    the number of classes differs.

    Args:
        source: An `ICNet` or `GivenWeights`.
        target: An `ICNet`.

    Raises:
        ValueError: If any other layer does not fit; the message lists them all, and
            `target` is unchanged.
    """
    given = source if isinstance(source, GivenWeights) else weights_of(source)
    wanted = {layer.name: layer for layer in target.layers if layer.weights}
    _check_same_network(given, wanted, target)
    report = WeightReport(unused=[name for name in given.layers if name not in wanted])
    misfits: list[str] = []
    for name, layer in wanted.items():
        why = _why_initial(name, given.layers.get(name), layer)
        if why:
            report.initial[name] = why
        else:
            report.loaded.append(name)
            misfits += _misfits(name, given.layers.get(name), layer)
    if misfits:
        raise ValueError(
            f"The weights of {given.source} do not fit {target.name}: "
            + "; ".join(misfits)
        )
    for name in report.loaded:
        for weight in wanted[name].weights:
            weight.assign(given.layers[name][weight.name])
    return report


def _check_same_network(given, wanted, target):
    """Raises ValueError if the source is another kind of network altogether."""
    if not given.layers.keys() & wanted.keys():
        raise ValueError(
            f"{given.source} has no layer of {target.name}; weights of an ICNet or "
            f"LSTM-ICNet are needed"
        )
    folded = [
        name
        for name in wanted
        if f"{name}_bn" in wanted
        and f"{name}_bn" not in given.layers
        and "bias" in given.layers.get(name, {})
    ]
    if folded:
        raise ValueError(
            f"{given.source} has its batch normalisation folded into the convolutions; "
            f"weights that still have it are needed (hellochick's with bnnomerge in "
            f"the name)"
        )


def _why_initial(name, there, layer):
    """Why a layer may keep its initial weights; None if it must be loaded."""
    if there is None:
        if name.startswith("convlstm_"):
            return "the source has no such layer"
        return _MAY_BE_MISSING.get(name)
    if name in HEAD_LAYERS.values() and there.keys() == {"kernel", "bias"}:
        *shape, count = there["kernel"].shape
        *wanted, classes = layer.kernel.shape
        if shape == wanted and there["bias"].shape == (count,) and count != classes:
            return f"the source has {count} classes, not {classes}"
    return None


def _misfits(name, there, layer):
    """The reasons why the given weights of one layer do not fit, as sentences."""
    if there is None:
        return [f"{name} is missing"]
    here = {weight.name: tuple(weight.shape) for weight in layer.weights}
    if isinstance(layer, BaseConvLSTM2D):
        kinds = _cell_kind(there), _cell_kind(here)
        if None not in kinds and kinds[0] != kinds[1]:
            return [f"{name} is a {kinds[0]} cell, not a {kinds[1]} one"]
    return [
        *(f"{name} has no {weight}" for weight in here if weight not in there),
        *(f"{name} has a {weight} too many" for weight in there if weight not in here),
        *(
            f"{weight} of {name} is {array.shape} instead of {here[weight]}"
            for weight, array in there.items()
            if weight in here and array.shape != here[weight]
        ),
    ]


def _cell_kind(weights):
    """The kind of cell whose kernels have these names; None if there is none."""
    kernels = {name for name in weights if "kernel" in name} - {
        name for name in weights if name.startswith("recurrent_")
    }
    cells: dict[str, Any] = CELLS
    for kind, cell in cells.items():
        if kernels == cell(1, 1).kernel_shapes(1).keys():
            return kind
    return None
