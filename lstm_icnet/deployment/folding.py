"""Folding batch normalisation into the convolutions before it."""

from collections.abc import Sequence

import keras
import numpy as np

from lstm_icnet.network.icnet_model import ICNet


def fold_batch_norm(model: ICNet, heads: Sequence[str] = ("main",)) -> ICNet:
    """`model` for inference: fewer operations, up to rounding the same last logits.

    Where batch normalisation follows a convolution directly, it becomes part of it,

        W' = W gamma / sqrt(variance + epsilon)
        b' = beta - mean gamma / sqrt(variance + epsilon)

    and the backend can fuse bias, sum and ReLU into the convolution. Behind a cell it
    stays. The result is a copy: training `model` further does not change it, and it
    cannot be trained itself, as its statistics are gone.

    Args:
        model: An `ICNet`; one that is folded already is only copied.
        heads: Which of its heads to keep.
    """
    changed = {"folded": True, "heads": heads, "return_sequences": False}
    folded = ICNet.from_config({**model.get_config(), **changed, "trainable": False})
    norms = {
        layer.name: layer
        for layer in model.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    }
    for layer in folded.layers:
        if not layer.weights:
            continue
        source = model.get_layer(layer.name)
        weights = source.get_weights()
        if len(layer.weights) != len(weights):
            (kernel,) = weights
            weights = _folded(kernel, norms[f"{layer.name}_bn"])
        layer.set_weights(weights)
    return folded


def _folded(kernel, norm):
    """Kernel and bias of convolution and norm in one, reckoned in float64."""
    gamma, beta, mean, variance = (
        np.asarray(weight, "float64")
        for weight in (norm.gamma, norm.beta, norm.moving_mean, norm.moving_variance)
    )
    factor = gamma / np.sqrt(variance + norm.epsilon)
    return kernel * factor, beta - mean * factor
