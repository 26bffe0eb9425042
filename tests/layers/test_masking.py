"""Masks of single pixels, `(batch, time, height, width)`, as `Masking` makes them."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from random_layers import (
    KINDS,
    expected_states,
    random_layer,
    random_states,
    scaled_error,
)

from layers import ConvLSTM2D

SHAPE = (2, 4, 6, 5, 3)
ALL = dict(return_sequences=True, return_state=True)
unrolled_or_not = pytest.mark.parametrize(
    "unroll", [False, True], ids=["loop", "unrolled"]
)


def partly_masked(rng):
    """A clip with pixels, a frame and a whole column of time that are all zero."""
    clips = rng.standard_normal(SHAPE).astype("float32")
    clips[rng.random(SHAPE[:-1]) < 0.3] = 0.0
    clips[0, 0] = 0.0
    clips[1, :, 2, 2] = 0.0
    return clips


def pair(rng, unroll, **arguments):
    """Keras' layer, which masks pixels in its loop alone, and ours, equal weights."""
    theirs = keras.layers.ConvLSTM2D(4, 3, padding="same", **arguments)
    theirs.build(SHAPE)
    theirs.set_weights([0.3 * rng.standard_normal(w.shape) for w in theirs.weights])
    ours = ConvLSTM2D(4, 3, padding="same", unroll=unroll, **arguments)
    ours.build(SHAPE)
    ours.set_weights(theirs.get_weights())
    return theirs, ours


def assert_equal(ours, theirs):
    ours, theirs = keras.tree.flatten(ours), keras.tree.flatten(theirs)
    for one, other in zip(ours, theirs, strict=True):
        assert scaled_error(one, other) < 1e-6


@unrolled_or_not
@pytest.mark.parametrize(
    "arguments",
    [
        dict(),
        dict(return_sequences=True),
        dict(return_state=True),
        dict(go_backwards=True, **ALL),
        dict(zero_output_for_mask=True, **ALL),
        dict(zero_output_for_mask=True, go_backwards=True),
        dict(stateful=True, **ALL),
        dict(stateful=True, go_backwards=True, zero_output_for_mask=True, **ALL),
    ],
    ids=str,
)
def test_masked_pixels_give_what_keras_gives(arguments, unroll, rng):
    theirs, ours = pair(rng, unroll, **arguments)
    for _ in range(2):  # a stateful layer goes on from where it was
        clips = partly_masked(rng)
        mask = keras.layers.Masking().compute_mask(clips)
        assert mask.shape == SHAPE[:-1]
        assert_equal(ours(clips, mask=mask), theirs(clips, mask=mask))
    if not arguments.get("stateful"):
        states = [rng.standard_normal((2, 6, 5, 4)).astype("float32") for _ in "hc"]
        assert_equal(
            ours(clips, initial_state=states, mask=mask),
            theirs(clips, initial_state=states, mask=mask),
        )


@unrolled_or_not
def test_model_with_a_masking_layer_predicts_and_trains_as_with_keras(unroll, rng):
    models = []
    for layer in pair(rng, unroll, return_sequences=True):
        inputs = keras.Input(SHAPE[1:])
        outputs = layer(keras.layers.Masking()(inputs))
        model = keras.Model(inputs, keras.ops.mean(outputs, axis=(1, 2, 3)))
        model.compile(keras.optimizers.SGD(0.1), "mse")
        models.append(model)
    clips, target = partly_masked(rng), rng.standard_normal((2, 4)).astype("float32")
    losses = [
        model.fit(clips, target, epochs=2, verbose=0).history["loss"]
        for model in models
    ]
    np.testing.assert_allclose(*losses, rtol=1e-5)
    assert_equal(*(model.predict(clips, verbose=0) for model in models))


@unrolled_or_not
def test_a_second_layer_gets_the_mask_as_with_keras(unroll, rng):
    clips, outputs = partly_masked(rng), []
    for first in pair(rng, unroll, return_sequences=True):
        second = type(first)(2, 3, padding="same", unroll=unroll and len(outputs) > 0)
        model = keras.Sequential([keras.layers.Masking(), first, second])
        model.build(SHAPE)
        weights = np.random.default_rng(1)
        second.set_weights([weights.normal(0, 0.3, w.shape) for w in second.weights])
        outputs.append(model(clips))
    assert_equal(outputs[1], outputs[0])


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "graph"])
@unrolled_or_not
@pytest.mark.parametrize("kind", KINDS)
def test_masked_pixels_keep_the_state_of_the_equations(kind, unroll, compiled, rng):
    arguments = dict(padding="same", dtype="float64", peephole=True, unroll=unroll)
    layer = random_layer(kind, rng, SHAPE, **arguments, **ALL)
    clips, mask = rng.standard_normal(SHAPE), rng.random(SHAPE[:-1]) < 0.6
    states = [np.zeros_like(state) for state in random_states(rng, layer, SHAPE)]
    h, c = expected_states(kind, layer, clips, states, mask)
    output, last_h, last_c = (tf.function(layer) if compiled else layer)(
        clips, mask=mask
    )
    assert scaled_error(output, h) < 1e-12
    assert scaled_error(last_h, h[:, -1]) < 1e-12
    assert scaled_error(last_c, c[:, -1]) < 1e-12


@unrolled_or_not
@pytest.mark.parametrize("kind", KINDS)
def test_backwards_with_zeros_for_masked_pixels_is_the_equations(kind, unroll, rng):
    arguments = dict(go_backwards=True, zero_output_for_mask=True, unroll=unroll)
    layer = random_layer(
        kind, rng, SHAPE, padding="same", dtype="float64", **arguments, **ALL
    )
    clips, mask = rng.standard_normal(SHAPE), rng.random(SHAPE[:-1]) < 0.6
    states = [np.zeros_like(state) for state in random_states(rng, layer, SHAPE)]
    h, c = expected_states(kind, layer, clips[:, ::-1], states, mask[:, ::-1])
    output, last_h, last_c = layer(clips, mask=mask)
    assert scaled_error(output, h * mask[:, ::-1, :, :, None]) < 1e-12
    assert scaled_error(last_h, h[:, -1]) < 1e-12
    assert scaled_error(last_c, c[:, -1]) < 1e-12


@unrolled_or_not
def test_mask_of_strided_convolutions_is_of_the_size_of_the_output(unroll, rng):
    layer = random_layer(
        "standard", rng, SHAPE, strides=2, padding="same", unroll=unroll
    )
    clips, mask = rng.standard_normal(SHAPE), np.zeros((2, 4, 3, 3), bool)
    assert not np.any(layer(clips, mask=mask))


@pytest.mark.parametrize("shape", [(2, 4, 6), (2, 4, 6, 5, 1), (2, 4, 4, 3)], ids=str)
@unrolled_or_not
def test_mask_of_another_shape_is_refused(shape, unroll, rng):
    layer = random_layer("standard", rng, SHAPE, padding="same", unroll=unroll)
    with pytest.raises(ValueError, match=r"`mask` must be \(batch, time\)"):
        layer(rng.standard_normal(SHAPE), mask=np.ones(shape, bool))
