"""Weights on their way into a network, wherever they come from."""

from dataclasses import dataclass

import numpy as np

from lstm_icnet.network.icnet_model import ICNet


@dataclass(frozen=True)
class GivenWeights:
    """Weights under the names and in the layouts of this project's networks.

    Attributes:
        source: What a message calls them: a path, or the name of a network.
        layers: `{layer name: {weight name: array}}`, float32.
        mean_rgb: The mean colour that their network subtracts from an image, RGB in
            [0, 255]; None where it is not known.
    """

    source: str
    layers: dict[str, dict[str, np.ndarray]]
    mean_rgb: tuple[float, float, float] | None


def weights_of(model: ICNet, source: str | None = None) -> GivenWeights:
    """The weights of an `ICNet`; `source` is its name by default."""
    layers = {
        layer.name: {weight.name: np.asarray(weight) for weight in layer.weights}
        for layer in model.layers
        if layer.weights
    }
    return GivenWeights(source or model.name, layers, model.mean_rgb)
