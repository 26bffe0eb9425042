"""Folding batch normalisation into the convolutions before it."""

from collections.abc import Sequence

import keras
import numpy as np

from lstm_icnet.network.icnet_model import ICNet


def fold_batch_norm(model: ICNet, heads: Sequence[str] = ("main",)) -> ICNet:
    """A copy of `model` for inference, with fewer operations.

    Batch normalisation that follows a convolution directly is folded into it:

        W' = W gamma / sqrt(variance + epsilon)
        b' = beta - mean gamma / sqrt(variance + epsilon)

    The backend can then fuse bias, sum and ReLU into the convolution. Batch
    normalisation behind a cell is kept. The logits of the last frame are the same up to
    rounding. The copy cannot be trained, and training `model` further does not change
    it. The graph of the copy has no flow as input: in a stream, `VideoSegmenter` aligns
    the states outside the network.

    Args:
        model: An `ICNet`; a folded one is only copied.
        heads: Names of the heads to keep.
    """
    changed = {
        "folded": True,
        "heads": heads,
        "return_sequences": False,
        "align_states": False,
    }
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
    """Kernel and bias of convolution and norm together, computed in float64."""
    gamma, beta, mean, variance = (
        np.asarray(weight, "float64")
        for weight in (norm.gamma, norm.beta, norm.moving_mean, norm.moving_variance)
    )
    factor = gamma / np.sqrt(variance + norm.epsilon)
    return kernel * factor, beta - mean * factor
