"""The cells and layers against the paper's equations written in NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from random_layers import (
    CASES,
    KINDS,
    expected_states,
    random_layer,
    random_states,
    scaled_error,
)

import layers


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", KINDS)
def test_cell_step_equals_its_equation(kind, case, rng):
    arguments = dict(CASES[case])
    shape = (2, 1, *arguments.pop("size"), 3)
    layer = random_layer(kind, rng, shape, dtype="float64", **arguments)
    x, states = rng.standard_normal(shape), random_states(rng, layer, shape)
    h, c = expected_states(kind, layer, x, states)
    output, (new_h, new_c) = layer.cell(x[:, 0], states)
    assert scaled_error(output, h[:, 0]) < 1e-12
    assert scaled_error(new_h, h[:, 0]) < 1e-12
    assert scaled_error(new_c, c[:, 0]) < 1e-12


@pytest.mark.parametrize("peephole", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_step_from_no_state_equals_the_equation_from_zeros(kind, peephole, rng):
    shape = (2, 1, 5, 4, 3)
    layer = random_layer(
        kind, rng, shape, dtype="float64", padding="same", peephole=peephole
    )
    x = rng.standard_normal(shape)
    h, c = expected_states(kind, layer, x, [np.zeros((2, 5, 4, 3))] * 2)
    output, (_, new_c) = layer.cell(x[:, 0])
    assert scaled_error(output, h[:, 0]) < 1e-12
    assert scaled_error(new_c, c[:, 0]) < 1e-12


@pytest.mark.parametrize("kind", ["standard", "spatial", "separable"])
def test_cell_may_have_other_filters_than_channels(kind, rng):
    shape = (1, 1, 4, 5, 2)
    layer = random_layer(kind, rng, shape, filters=5, dtype="float64", padding="same")
    x, states = rng.standard_normal(shape), random_states(rng, layer, shape)
    h, _ = expected_states(kind, layer, x, states)
    assert scaled_error(layer.cell(x[:, 0], states)[0], h[:, 0]) < 1e-12


@pytest.mark.parametrize("masked", [False, True], ids=["no mask", "mask"])
@pytest.mark.parametrize("from_zero", [False, True], ids=["states", "zero"])
@pytest.mark.parametrize(
    "unroll, compiled",
    [(False, False), (False, True), (True, True)],
    ids=["eager", "graph", "unrolled"],
)
@pytest.mark.parametrize("kind", KINDS)
def test_layer_equals_the_equations_over_a_clip(
    kind, unroll, compiled, from_zero, masked, rng
):
    shape = (3, 4, 4, 5, 2)
    layer = random_layer(
        kind,
        rng,
        shape,
        dtype="float64",
        padding="same",
        return_sequences=True,
        return_state=True,
        unroll=unroll,
        peephole=True,
    )
    x, states = rng.standard_normal(shape), random_states(rng, layer, shape)
    # The first step is one that counts: before it, Keras' loops give an output of zeros
    # whatever the initial state.
    mask = (
        np.array([[1, 1, 1, 1], [1, 0, 1, 0], [1, 1, 0, 0]], bool) if masked else None
    )
    if from_zero:
        states = [np.zeros_like(s) for s in states]
    h, c = expected_states(kind, layer, x, states, mask)
    initial_state = None if from_zero else states
    run = tf.function(layer) if compiled else layer
    output, last_h, last_c = run(x, initial_state=initial_state, mask=mask)
    assert scaled_error(output, h) < 1e-12
    assert scaled_error(last_h, h[:, -1]) < 1e-12
    assert scaled_error(last_c, c[:, -1]) < 1e-12


@pytest.mark.parametrize("kind", KINDS)
def test_masked_first_step_leaves_a_given_state_and_puts_out_zeros(kind, rng):
    shape = (1, 2, 4, 5, 2)
    layer = random_layer(
        kind, rng, shape, padding="same", return_sequences=True, return_state=True
    )
    x, states = rng.standard_normal(shape), random_states(rng, layer, shape)
    output, h, c = layer(x, initial_state=states, mask=np.zeros((1, 2), bool))
    assert not np.any(output)
    np.testing.assert_allclose(h, states[0], rtol=1e-6)
    np.testing.assert_allclose(c, states[1], rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_going_backwards_is_the_equations_over_the_reversed_clip(kind, rng):
    shape = (2, 3, 4, 5, 2)
    layer = random_layer(
        kind,
        rng,
        shape,
        dtype="float64",
        padding="same",
        go_backwards=True,
        return_sequences=True,
    )
    x = rng.standard_normal(shape)
    h, _ = expected_states(kind, layer, x[:, ::-1], [np.zeros((2, 4, 5, 2))] * 2)
    assert scaled_error(layer(x), h) < 1e-12


@pytest.mark.parametrize("kind", KINDS)
def test_channels_first_is_the_same_layer_transposed(kind, rng):
    arguments = dict(padding="same", strides=2, return_sequences=True, peephole=True)
    last = random_layer(kind, rng, (2, 3, 6, 5, 4), **arguments)
    first = random_layer(
        kind, rng, (2, 3, 4, 6, 5), data_format="channels_first", **arguments
    )
    first.set_weights(last.get_weights())
    x = rng.standard_normal((2, 3, 6, 5, 4)).astype("float32")
    output = first(np.moveaxis(x, -1, 2))
    assert scaled_error(np.moveaxis(np.array(output), 2, -1), last(x)) < 1e-5


@pytest.mark.parametrize("kind", KINDS)
def test_frame_by_frame_equals_the_whole_clip(kind, rng):
    shape = (2, 5, 6, 7, 4)
    layer = random_layer(kind, rng, shape, padding="same", return_sequences=True)
    x = rng.standard_normal(shape).astype("float32")
    whole, states = np.array(layer(x)), None
    for t in range(shape[1]):
        h, states = layer.cell(x[:, t], states)
        assert np.abs(np.array(h) - whole[:, t]).max() < 1e-6 * np.abs(whole).max()


@pytest.mark.parametrize("pieces", [(1, 4), (2, 3), (3, 1, 1)], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_pieces_of_a_clip_equal_the_whole_clip(kind, pieces, rng):
    shape = (1, 5, 4, 5, 3)
    layer = random_layer(
        kind, rng, shape, padding="same", return_sequences=True, return_state=True
    )
    x = rng.standard_normal(shape).astype("float32")
    whole = np.array(layer(x)[0])
    outputs, states, start = [], None, 0
    for length in pieces:
        output, *states = layer(x[:, start : start + length], initial_state=states)
        outputs.append(output)
        start += length
    joined = np.concatenate(outputs, axis=1)
    assert np.abs(joined - whole).max() < 1e-6 * np.abs(whole).max()


def directional_derivatives(loss, values, directions, step=1e-6):
    """Central difference of `loss` along one direction in each of `values`."""
    slopes = []
    for n, direction in enumerate(directions):
        ends = []
        for sign in (1, -1):
            moved = list(values)
            moved[n] = values[n] + sign * step * direction
            ends.append(float(loss(moved)))
        slopes.append((ends[0] - ends[1]) / (2 * step))
    return slopes


@pytest.mark.parametrize(
    "arguments",
    [
        dict(padding="same", peephole=True),
        dict(padding="valid", strides=2),
        pytest.param(
            dict(padding="same", dilation_rate=2, unroll=True), marks=pytest.mark.slow
        ),
        pytest.param(dict(padding="same", strides=(2, 1)), marks=pytest.mark.slow),
    ],
    ids=["peephole", "stride", "dilation", "uneven stride"],
)
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_equal_finite_differences(kind, arguments, rng):
    shape = (2, 2, 5, 6, 2)
    layer = random_layer(kind, rng, shape, dtype="float64", **arguments)
    mask = np.array([[1, 1], [1, 0]], bool)
    x, states = rng.standard_normal(shape), random_states(rng, layer, shape)
    values = [x, *states, *layer.get_weights()]
    directions = [rng.standard_normal(v.shape) for v in values]
    shares = rng.standard_normal(states[0].shape)
    weights = [w.value for w in layer.weights]

    @tf.function
    def loss(x, h, c):
        return tf.reduce_sum(layer(x, initial_state=[h, c], mask=mask) * shares)

    def loss_of(values):
        layer.set_weights(values[3:])
        return loss(*values[:3])

    expected = directional_derivatives(loss_of, values, directions)
    layer.set_weights(values[3:])
    with tf.GradientTape() as tape:
        inputs = [tf.constant(v) for v in values[:3]]
        tape.watch(inputs)
        result = loss(*inputs)
    gradients = tape.gradient(result, inputs + weights)
    slopes = [
        np.sum(np.array(g) * d) for g, d in zip(gradients, directions, strict=True)
    ]
    # The difference quotient itself is good to about 1e-9 of the loss.
    np.testing.assert_allclose(slopes, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    "kind, parameters",
    [
        ("standard", 1_180_160),
        ("spatial", 786_944),
        ("depthwise", 9_728),
        ("separable", 140_800),
    ],
)
def test_parameter_count_is_that_of_table_iv(kind, parameters):
    # What LSTM-ICNet v6 has more than v5, without the 256 of its normalisation.
    cell = layers.CELLS[kind](128, 3)
    cell.build((None, None, None, 128))
    assert cell.count_params() == parameters


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", KINDS)
def test_symbolic_shape_is_the_real_one(kind, case, rng):
    arguments = dict(CASES[case])
    shape = (2, 2, *arguments.pop("size"), 3)
    layer = random_layer(
        kind, rng, shape, return_sequences=True, return_state=True, **arguments
    )
    symbolic = layer(keras.KerasTensor(shape))
    real = layer(rng.standard_normal(shape).astype("float32"))
    assert [t.shape for t in symbolic] == [tuple(t.shape) for t in real]
    assert [t.dtype for t in symbolic] == [t.dtype.name for t in real]
