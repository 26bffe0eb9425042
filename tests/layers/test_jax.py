"""The layers with KERAS_BACKEND=jax: the first test runs the others in a process."""

import keras
import numpy as np
import pytest
from jax_process import ON_JAX, in_jax, outside_jax, run_on_jax
from random_layers import (
    CASES,
    KINDS,
    expected_states,
    random_layer,
    random_states,
    scaled_error,
)

from layers import LAYERS

SHAPE = (2, 2, 5, 6, 3)
TOLERANCE = 1e-5  # In float32: XLA's tanh is no better in float64 on a CPU.

if ON_JAX:
    import jax

    jax.config.update("jax_enable_x64", True)


@outside_jax
@pytest.mark.parametrize(
    "marked", ["not slow", pytest.param("slow", marks=pytest.mark.slow)]
)
def test_this_module_passes_on_jax(marked):
    run_on_jax(__file__, marked)


@in_jax
@pytest.mark.parametrize(
    "case",
    ["kernel 2x4", "stride 2x1", "dilation 2x3 valid", "peephole stride 2"],
)
@pytest.mark.parametrize("kind", KINDS)
def test_cell_step_equals_its_equation(kind, case, rng):
    arguments = dict(CASES[case])
    shape = (2, 1, *arguments.pop("size"), 3)
    layer = random_layer(kind, rng, shape, **arguments)
    x, states = rng.standard_normal(shape), random_states(rng, layer, shape)
    h, c = expected_states(kind, layer, x, states)
    output, (_, new_c) = jax.jit(layer.cell)(x[:, 0], states)
    assert scaled_error(output, h[:, 0]) < TOLERANCE
    assert scaled_error(new_c, c[:, 0]) < TOLERANCE


@in_jax
@pytest.mark.parametrize("masked", ["nothing", "frames", "pixels"])
@pytest.mark.parametrize("kind", KINDS)
def test_layer_equals_the_equations_over_a_clip(kind, masked, rng):
    layer = random_layer(
        kind,
        rng,
        SHAPE,
        padding="same",
        return_sequences=True,
        return_state=True,
    )
    x = rng.standard_normal(SHAPE)
    states = [np.zeros((2, *SHAPE[2:]))] * 2
    mask = {
        "nothing": None,
        "frames": np.array([[1, 1], [1, 0]], bool),
        "pixels": rng.random(SHAPE[:-1]) < 0.6,
    }[masked]
    h, c = expected_states(kind, layer, x, states, mask)
    output, _, last_c = jax.jit(layer)(x, mask=mask)
    assert scaled_error(output, h) < TOLERANCE
    assert scaled_error(last_c, c[:, -1]) < TOLERANCE


@in_jax
@pytest.mark.parametrize("unroll", [False, True], ids=["loop", "unrolled"])
def test_channels_first_takes_the_mask_of_the_same_pixels(unroll, rng):
    # TensorFlow convolves `channels_first` on a GPU alone.
    arguments = dict(padding="same", return_sequences=True, unroll=unroll)
    last = random_layer("standard", rng, SHAPE, **arguments)
    first = LAYERS["standard"](SHAPE[-1], 3, data_format="channels_first", **arguments)
    x, mask = rng.standard_normal(SHAPE), rng.random(SHAPE[:-1]) < 0.6
    first.build(np.moveaxis(x, -1, 2).shape)
    first.set_weights(last.get_weights())
    output = np.moveaxis(first(np.moveaxis(x, -1, 2), mask=mask), 2, -1)
    assert scaled_error(output, last(x, mask=mask)) < TOLERANCE


@in_jax
@pytest.mark.parametrize("kind", KINDS)
def test_one_layer_runs_at_any_size(kind, rng):
    frames = keras.Input((None, None, None, 3))
    layer = LAYERS[kind](3, 3, padding="same")
    model = keras.Model(frames, layer(frames))
    assert model.output_shape == (None, None, None, 3)
    for shape in (SHAPE, (1, 2, 4, 7, 3)):
        x = rng.standard_normal(shape)
        h, _ = expected_states(kind, layer, x, [np.zeros((shape[0], *shape[2:]))] * 2)
        assert scaled_error(layer(x), h[:, -1]) < TOLERANCE


@in_jax
@pytest.mark.parametrize("kind", KINDS)
def test_channels_first_is_the_same_layer_transposed(kind, rng):
    arguments = dict(padding="same", strides=2)
    last = random_layer(kind, rng, SHAPE, **arguments)
    first = random_layer(
        kind, rng, (2, 3, 3, 5, 6), data_format="channels_first", **arguments
    )
    first.set_weights(last.get_weights())
    x = rng.standard_normal(SHAPE)
    output = np.moveaxis(np.array(first(np.moveaxis(x, -1, 2))), 1, -1)
    assert scaled_error(output, last(x)) < TOLERANCE


@in_jax
@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_equal_finite_differences(kind, rng):
    # Softsign, as XLA's tanh is too coarse for a difference quotient.
    layer = random_layer(
        kind,
        rng,
        SHAPE,
        padding="same",
        peephole=True,
        activation="softsign",
        dtype="float64",
    )
    x = rng.standard_normal(SHAPE)
    shares = rng.standard_normal((2, *SHAPE[2:]))

    @jax.jit
    def loss(values):
        output, _ = layer.stateless_call(values[1:], [], values[0])
        return (output * shares).sum()

    values = [x, *layer.get_weights()]
    directions = [rng.standard_normal(v.shape) for v in values]
    gradients = jax.grad(loss)(values)
    for n, (gradient, direction) in enumerate(zip(gradients, directions, strict=True)):
        ends = []
        for step in (1e-6, -1e-6):
            moved = list(values)
            moved[n] = values[n] + step * direction
            ends.append(float(loss(moved)))
        # The difference quotient itself is good to about 1e-9 of the loss.
        slope = (ends[0] - ends[1]) / 2e-6
        assert np.sum(gradient * direction) == pytest.approx(slope, rel=1e-6, abs=1e-7)


@in_jax
@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("kind", KINDS)
def test_stateful_model_with_dropout_trains_and_survives_its_file(
    kind, dtype, rng, tmp_path
):
    frames = keras.Input(SHAPE[1:], batch_size=2)
    layer = LAYERS[kind](
        3, 3, padding="same", stateful=True, dropout=0.2, seed=1, dtype=dtype
    )
    model = keras.Model(frames, layer(frames))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    x = rng.standard_normal(SHAPE).astype("float32")
    model.fit(x, x[:, -1], epochs=2, batch_size=2, verbose=0)
    assert all(np.any(state) for state in layer.states)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    layer.reset_state()
    again.layers[-1].reset_state()
    for _ in range(2):
        expected = model.predict(x, batch_size=2, verbose=0)
        output = again.predict(x, batch_size=2, verbose=0)
        np.testing.assert_array_equal(output, expected)
