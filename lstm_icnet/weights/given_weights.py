"""Weights read from a file of any kind, to be copied into a network."""

from dataclasses import dataclass

import numpy as np

from lstm_icnet.network.icnet_model import ICNet


@dataclass(frozen=True)
class GivenWeights:
    """Weights with the layer names, weight names and shapes of our networks.

    Attributes:
        source: A path or the name of a network, used in messages.
        layers: `{layer name: {weight name: array}}`, float32.
        mean_rgb: The mean colour that the network of these weights subtracts from an
            image, RGB in [0, 255]; None if it is unknown.
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
