"""Layers with random weights, for the tests of `layers/`."""

import numpy as np

from layers import LAYERS

KINDS = list(LAYERS)


def random_layer(kind, rng, input_shape, filters=None, kernel_size=3, **arguments):
    """A built layer of `kind` whose weights are all random, none left at zero.

    `filters` are the input's channels by default, as a depthwise cell needs them.
    """
    if filters is None:
        first = arguments.get("data_format") == "channels_first"
        filters = input_shape[2 if first else -1]
    layer = LAYERS[kind](filters, kernel_size, **arguments)
    layer.build(input_shape)
    layer.set_weights([0.5 * rng.standard_normal(w.shape) for w in layer.weights])
    return layer


def named_weights(layer):
    """The layer's weights in float64, by name."""
    return {w.name: np.asarray(w.value, "float64") for w in layer.weights}


def scaled_error(result, expected):
    """Largest difference, relative to the largest expected value."""
    result, expected = np.asarray(result, "float64"), np.asarray(expected, "float64")
    assert result.shape == expected.shape
    return np.abs(result - expected).max() / np.abs(expected).max()
