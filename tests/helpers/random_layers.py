"""Layers with random weights and their expected results, for the tests of `layers/`."""

import numpy as np
import reference

from layers import LAYERS

KINDS = list(LAYERS)


CASES = {
    "even size": dict(size=(4, 6), padding="same"),
    "odd size": dict(size=(5, 7), padding="same"),
    "kernel 1": dict(size=(4, 5), kernel_size=1),
    "kernel 5": dict(size=(6, 5), kernel_size=5, padding="same"),
    "kernel 3x5": dict(size=(5, 6), kernel_size=(3, 5), padding="same"),
    "kernel 2x4": dict(size=(5, 6), kernel_size=(2, 4), padding="same"),
    "valid": dict(size=(6, 7), kernel_size=(3, 5), padding="valid"),
    "stride 2": dict(size=(6, 7), strides=2, padding="same"),
    "stride 2 valid": dict(size=(7, 6), strides=2, padding="valid"),
    "stride 2x1": dict(size=(6, 5), strides=(2, 1), padding="same"),
    "stride 1x3 valid": dict(size=(5, 8), strides=(1, 3), padding="valid"),
    "stride above kernel": dict(size=(7, 8), kernel_size=1, strides=3, padding="same"),
    "dilation 2": dict(size=(6, 7), dilation_rate=2, padding="same"),
    "dilation 2x3 valid": dict(size=(7, 9), dilation_rate=(2, 3), padding="valid"),
    "no bias": dict(size=(4, 5), padding="same", use_bias=False),
    "peephole": dict(size=(5, 4), padding="same", peephole=True),
    "peephole stride 2": dict(size=(5, 4), strides=2, peephole=True, padding="same"),
}


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


def geometry(cell):
    return dict(strides=cell.strides, padding=cell.padding, dilation=cell.dilation_rate)


def random_states(rng, layer, input_shape):
    """Random h and c for clips of `input_shape`."""
    shape = layer.cell.compute_output_shape((input_shape[0], *input_shape[2:]))[0]
    return [rng.standard_normal(shape) for _ in range(2)]


def expected_states(kind, layer, clips, states, mask=None):
    """h and c after each step by the paper's equations."""
    cell = layer.cell
    return reference.clip_states(
        kind,
        named_weights(layer),
        clips,
        *states,
        mask=mask,
        strides=cell.strides,
        padding=cell.padding,
        dilation=cell.dilation_rate,
    )
