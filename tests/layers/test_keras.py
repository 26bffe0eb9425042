"""The standard layer as a drop-in for `keras.layers.ConvLSTM2D`."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src import testing
from random_layers import KINDS, scaled_error

from layers import CELLS, LAYERS, ConvLSTM2D, ConvLSTM2DCell

SHAPE = (2, 4, 7, 6, 3)
BOTH = dict(return_sequences=True, return_state=True)


def pair(rng, **arguments):
    """Keras' layer with random weights, and ours with the same ones."""
    theirs = keras.layers.ConvLSTM2D(5, 3, **arguments)
    theirs.build(SHAPE)
    theirs.set_weights([0.3 * rng.standard_normal(w.shape) for w in theirs.weights])
    ours = ConvLSTM2D(5, 3, **arguments)
    ours.build(SHAPE)
    ours.set_weights(theirs.get_weights())
    return theirs, ours


def assert_equal(ours, theirs):
    ours, theirs = keras.tree.flatten(ours), keras.tree.flatten(theirs)
    for one, other in zip(ours, theirs, strict=True):
        assert scaled_error(one, other) < 1e-6


@pytest.mark.parametrize(
    "arguments",
    [
        dict(),
        dict(padding="same", **BOTH),
        dict(strides=2, **BOTH),
        dict(strides=(1, 2), padding="same", return_state=True),
        dict(dilation_rate=2, padding="same"),
        dict(go_backwards=True, **BOTH),
        dict(unroll=True, **BOTH),
        dict(use_bias=False),
        dict(unit_forget_bias=False, activation="relu"),
        dict(recurrent_activation="hard_sigmoid"),
        dict(zero_output_for_mask=True, return_sequences=True),
    ],
    ids=str,
)
def test_results_are_those_of_keras(arguments, rng):
    theirs, ours = pair(rng, **arguments)
    x = rng.standard_normal(SHAPE).astype("float32")
    mask = np.array([[1, 1, 0, 1], [1, 0, 1, 0]], bool)
    assert_equal(ours(x), theirs(x))
    assert_equal(ours(x, mask=mask), theirs(x, mask=mask))
    state = ours.cell.compute_output_shape((2, *SHAPE[2:]))[0]
    states = list(rng.standard_normal((2, *state)).astype("float32"))
    assert_equal(ours(x, initial_state=states), theirs(x, initial_state=states))


def test_dropout_draws_the_masks_of_keras(rng):
    theirs, ours = pair(rng, dropout=0.3, recurrent_dropout=0.4, seed=5)
    x = rng.standard_normal(SHAPE).astype("float32")
    first = ours(x, training=True)
    assert_equal(first, theirs(x, training=True))
    assert scaled_error(ours(x, training=True), first) > 1e-3
    assert_equal(ours(x, training=False), theirs(x, training=False))


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_is_the_same_at_every_step_of_a_sequence(kind, rng):
    # Without recurrence every step of a constant clip gives the first step's output,
    # unless its masks differ.
    layer = LAYERS[kind](
        3, 1, dropout=0.5, recurrent_initializer="zeros", return_sequences=True, seed=1
    )
    x = np.repeat(rng.standard_normal((1, 1, 6, 6, 3)), 3, axis=1).astype("float32")
    layer.build(x.shape)
    bias = np.repeat([0.0, -100.0, 0.0, 0.0], 3)  # forgets everything
    layer.cell.bias.assign(bias)
    dropped = np.array(layer(x, training=True))
    np.testing.assert_array_equal(dropped[:, 1], dropped[:, 0])
    np.testing.assert_array_equal(dropped[:, 2], dropped[:, 0])
    assert not np.allclose(dropped, layer(x, training=False))


@pytest.mark.parametrize("kind", KINDS)
def test_recurrent_dropout_acts_in_training_alone(kind, rng):
    layer = LAYERS[kind](3, 3, padding="same", recurrent_dropout=0.5, seed=1)
    x = rng.standard_normal((2, 3, 4, 4, 3)).astype("float32")
    assert not np.allclose(layer(x, training=True), layer(x, training=True))
    np.testing.assert_array_equal(layer(x), layer(x))


def test_stateful_results_are_those_of_keras(rng):
    theirs, ours = pair(rng, stateful=True, padding="same")
    for _ in range(3):
        x = rng.standard_normal(SHAPE).astype("float32")
        assert_equal(ours(x), theirs(x))
    theirs.reset_state()
    ours.reset_state()
    assert_equal(ours(x), theirs(x))


def test_gradients_are_those_of_keras(rng):
    x = tf.constant(rng.standard_normal(SHAPE).astype("float32"))
    gradients = []
    for layer in pair(rng, padding="same"):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(x) ** 2)
        gradients.append(tape.gradient(loss, [w.value for w in layer.weights]))
    assert_equal(*gradients)


def test_config_of_keras_makes_our_layer(rng):
    theirs, _ = pair(rng, padding="same", dropout=0.2, seed=3, **BOTH)
    ours = ConvLSTM2D.from_config(theirs.get_config())
    ours.build(SHAPE)
    ours.set_weights(theirs.get_weights())
    x = rng.standard_normal(SHAPE).astype("float32")
    assert_equal(ours(x), theirs(x))


def test_weight_file_of_keras_loads(rng, tmp_path):
    theirs, _ = pair(rng, padding="same")
    models = [
        keras.Sequential([keras.Input(SHAPE[1:]), layer])
        for layer in (theirs, ConvLSTM2D(5, 3, padding="same"))
    ]
    file = tmp_path / "keras.weights.h5"
    models[0].save_weights(file)
    models[1].load_weights(file)
    x = rng.standard_normal(SHAPE).astype("float32")
    assert_equal(models[1](x), models[0](x))


# From here on, Keras' own test cases for ConvLSTM2D (3.15), written anew.


@pytest.mark.parametrize(
    "arguments, input_shape, output_shape",
    [
        (dict(padding="same"), (3, 2, 4, 4, 5), (3, 4, 4, 5)),
        pytest.param(
            dict(recurrent_dropout=0.5),
            (3, 2, 8, 8, 5),
            (3, 6, 6, 5),
            marks=pytest.mark.slow,
        ),
        pytest.param(
            dict(return_sequences=True),
            (3, 2, 8, 8, 5),
            (3, 2, 6, 6, 5),
            marks=pytest.mark.slow,
        ),
    ],
    ids=["same", "recurrent dropout", "sequences"],
)
@pytest.mark.parametrize("kind", KINDS)
def test_keras_gauntlet_for_layers_is_passed(
    kind, arguments, input_shape, output_shape
):
    # Config, build, symbolic and real call, dtypes, training and masking.
    testing.TestCase().run_layer_test(
        LAYERS[kind],
        init_kwargs=dict(filters=5, kernel_size=3, **arguments),
        input_shape=input_shape,
        expected_output_shape=output_shape,
        expected_num_trainable_weights=len(CELLS[kind](5, 3).kernel_shapes(5)) * 2 + 1,
        expected_num_non_trainable_weights=0,
        expected_num_seed_generators=int("recurrent_dropout" in arguments),
        call_kwargs=dict(training=True) if "recurrent_dropout" in arguments else {},
        supports_masking=True,
    )


def constant_kernels(input_value, recurrent_value):
    return dict(
        kernel_initializer=keras.initializers.Constant(input_value),
        recurrent_initializer=keras.initializers.Constant(recurrent_value),
    )


def ramp(*shape, step):
    return (np.arange(np.prod(shape)).reshape(shape) / step).astype("float32")


def test_layer_gives_the_numbers_of_keras_own_test():
    layer = ConvLSTM2D(
        2,
        3,
        bias_initializer=keras.initializers.Constant(0.03),
        **constant_kernels(0.01, 0.02),
    )
    output = layer(ramp(2, 3, 4, 4, 5, step=100))
    corners = [
        [[0.48694518, 0.50237733], [0.5461202, 0.5598283]],
        [[0.8661607, 0.86909103], [0.8774414, 0.8800861]],
    ]
    expected = np.repeat(np.array(corners)[..., None], 2, axis=-1)
    np.testing.assert_allclose(output, expected, rtol=1e-5)


def test_cell_gives_the_sums_of_keras_own_test():
    cell = ConvLSTM2DCell(4, 3, padding="same", **constant_kernels(0.01, 0.02))
    states = [ramp(2, 5, 5, 4, step=10)] * 2
    output, (h, c) = cell(ramp(2, 5, 5, 3, step=10), states)
    assert np.sum(output) == pytest.approx(188.89502, rel=1e-5)
    assert np.sum(h) == pytest.approx(188.89502, rel=1e-5)
    assert np.sum(c) == pytest.approx(2170.444, rel=1e-5)


def test_layer_from_states_gives_the_sum_of_keras_own_test():
    layer = ConvLSTM2D(4, 3, padding="same", **constant_kernels(0.01, 0.02))
    states = [ramp(2, 5, 5, 4, step=100)] * 2
    output = layer(ramp(2, 3, 5, 5, 3, step=100), initial_state=states)
    assert np.sum(output) == pytest.approx(119.812454, rel=1e-5)
