"""The layers in models: sizes, files, states, wrappers, precisions, compilation."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from random_layers import KINDS, random_layer, scaled_error

from layers import CELLS, LAYERS

CLIP = (2, 3, 6, 5, 4)


@pytest.fixture
def clips(rng):
    return rng.standard_normal(CLIP).astype("float32")


def functional(layer, shape=CLIP[1:], batch_size=None):
    frames = keras.Input(shape, batch_size=batch_size)
    return keras.Model(frames, layer(frames))


class Subclassed(keras.Model):
    def __init__(self, kind):
        super().__init__()
        self.memory = LAYERS[kind](4, 3, padding="same")
        self.head = keras.layers.Dense(2)

    def call(self, clips):
        return self.head(self.memory(clips))


@pytest.mark.parametrize("masked", [False, True], ids=["no mask", "mask"])
@pytest.mark.parametrize("unroll", [False, True], ids=["loop", "unrolled"])
@pytest.mark.parametrize("kind", KINDS)
def test_one_layer_of_unknown_size_runs_at_any(kind, unroll, masked, rng):
    layer = LAYERS[kind](4, 3, padding="same", strides=2, unroll=unroll)
    frames = keras.Input((3 if unroll else None, None, None, 4))
    mask = keras.Input((3 if unroll else None,), dtype="bool")
    model = keras.Model([frames, mask], layer(frames, mask=mask if masked else None))
    assert model.output_shape == (None, None, None, 4)
    predict = tf.function(model, reduce_retracing=True)
    for height, width, time in ((4, 6, 3), (7, 5, 3), (5, 8, 3 if unroll else 2)):
        x = rng.standard_normal((2, time, height, width, 4)).astype("float32")
        kept = np.array([[True] * time, [True] * (time - 1) + [False]])
        fixed = LAYERS[kind](4, 3, padding="same", strides=2)
        fixed.build(x.shape)
        fixed.set_weights(layer.get_weights())
        expected = fixed(x, mask=kept if masked else None)
        assert scaled_error(predict([x, kept]), expected) < 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("kind", KINDS)
def test_unknown_sizes_train(kind, data_format, rng):
    shape = (3, None, None, 4)
    if data_format == "channels_first":
        shape = (3, 4, None, None)
    model = functional(
        LAYERS[kind](4, 3, padding="same", data_format=data_format), shape
    )
    model.compile("sgd", "mse")
    for size in (4, 5):
        x = rng.standard_normal([2, *[n or size for n in shape]]).astype("float32")
        before = model.get_weights()
        model.fit(x, model(x) + 1, verbose=0)
        assert all(
            np.any(old != new)
            for old, new in zip(before, model.get_weights(), strict=True)
        )


@pytest.mark.parametrize("kind", KINDS)
def test_keras_file_keeps_the_results(kind, clips, rng, tmp_path):
    layer = random_layer(kind, rng, CLIP, padding="same", peephole=True, dropout=0.2)
    model = functional(layer)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert type(again.layers[-1]) is LAYERS[kind]
    assert [w.path for w in again.weights] == [w.path for w in model.weights]
    np.testing.assert_array_equal(again(clips), model(clips))


@pytest.mark.parametrize("kind", KINDS)
def test_saved_model_keeps_the_results_for_any_batch(kind, clips, rng, tmp_path):
    model = functional(random_layer(kind, rng, CLIP, padding="same"))
    model.export(tmp_path / "model", verbose=False)
    loaded = tf.saved_model.load(tmp_path / "model")
    assert scaled_error(loaded.serve(clips), model(clips)) < 1e-6
    assert scaled_error(loaded.serve(clips[:1]), model(clips[:1])) < 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_subclassed_model_trains_and_keeps_its_weights(kind, clips, tmp_path):
    model, again = Subclassed(kind), Subclassed(kind)
    model.compile(keras.optimizers.Adam(1e-2), "mse")
    targets = np.mean(clips, axis=1)[..., :2]
    losses = model.fit(clips, targets, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    model.save_weights(tmp_path / "model.weights.h5")
    again(clips)
    again.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(again(clips), model(clips))


@pytest.mark.parametrize(
    "merge_mode", ["concat", pytest.param(None, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("kind", KINDS)
def test_bidirectional_joins_both_directions(kind, merge_mode, clips, rng, tmp_path):
    forward = random_layer(kind, rng, CLIP, padding="same", return_sequences=True)
    wrapper = keras.layers.Bidirectional(forward, merge_mode=merge_mode)
    frames = keras.Input(CLIP[1:])
    model = keras.Model(frames, wrapper(frames))
    count = len(forward.weights)
    model.set_weights([rng.standard_normal(w.shape) for w in model.weights])
    results = []
    for backwards in (False, True):
        layer = LAYERS[kind](
            4, 3, padding="same", return_sequences=True, go_backwards=backwards
        )
        layer.build(CLIP)
        start = count * backwards
        layer.set_weights(model.get_weights()[start : start + count])
        output = np.array(layer(clips))
        results.append(output[:, ::-1] if backwards else output)
    expected = np.concatenate(results, axis=-1)
    output = model(clips)
    if merge_mode is None:
        output = np.concatenate(output, axis=-1)
    assert scaled_error(output, expected) < 1e-6
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")(clips)
    if merge_mode is None:
        again = np.concatenate(again, axis=-1)
    np.testing.assert_array_equal(again, output)


@pytest.mark.parametrize("kind", KINDS)
def test_time_distributed_runs_over_clips_of_clips(kind, clips, rng):
    layer = random_layer(kind, rng, CLIP, padding="same")
    model = functional(keras.layers.TimeDistributed(layer), (2, *CLIP[1:]))
    pairs = np.stack([clips, -clips], axis=1)
    output = model.predict(pairs, verbose=0)
    assert scaled_error(output[:, 0], layer(clips)) < 1e-6
    assert scaled_error(output[:, 1], layer(-clips)) < 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_mask_of_a_masking_layer_is_used(kind, clips, rng):
    layer = random_layer(kind, rng, CLIP, padding="same", return_sequences=True)
    mask = np.array([[True, False, True], [True, True, False]])

    class FromOutside(keras.layers.Layer):
        def compute_mask(self, inputs, previous):
            return tf.constant(mask)

        def call(self, inputs):
            return inputs

    output = layer(FromOutside()(clips))
    np.testing.assert_array_equal(output, layer(clips, mask=mask))
    np.testing.assert_array_equal(layer.compute_mask(clips, mask), mask)


@pytest.mark.parametrize("kind", KINDS)
def test_last_frame_model_and_step_model_share_one_cell(kind, clips, rng):
    layer = random_layer(kind, rng, CLIP, padding="same", name="memory")
    whole = functional(layer)
    frame = keras.Input(CLIP[2:])
    states = [keras.Input(CLIP[2:], name=name) for name in ("h", "c")]
    output, states_after = layer.cell(frame, states)
    step = keras.Model([frame, states], [output, states_after])
    h, c = layer.cell.get_initial_state(2)
    for t in range(CLIP[1]):
        output, (h, c) = step([tf.constant(clips[:, t]), [h, c]])
    assert scaled_error(output, whole(clips)) < 1e-6
    assert [w.path for w in step.weights] == [w.path for w in whole.weights]


def stateful_model(kind, rng, **arguments):
    shape = (2, 1, *CLIP[2:])
    layer = random_layer(kind, rng, shape, padding="same", stateful=True, **arguments)
    return functional(layer, shape[1:], batch_size=2), layer


@pytest.mark.parametrize("kind", KINDS)
def test_stateful_predict_equals_the_whole_clip_and_resets(kind, clips, rng):
    model, layer = stateful_model(kind, rng)
    whole = LAYERS[kind](4, 3, padding="same", return_sequences=True)
    whole.build(CLIP)
    whole.set_weights(layer.get_weights())
    expected = np.array(whole(clips))
    for _ in range(2):
        for t in range(CLIP[1]):
            output = model.predict(clips[:, t : t + 1], batch_size=2, verbose=0)
            assert scaled_error(output, expected[:, t]) < 1e-6
        layer.reset_state()
    assert not np.any(layer.states[0]) and not np.any(layer.states[1])


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_stateful_fit_carries_the_state_over(kind, clips, rng):
    model, layer = stateful_model(kind, rng)
    model.compile(keras.optimizers.SGD(0.0), "mse")
    pieces = np.concatenate([clips[:, t : t + 1] for t in range(CLIP[1])])
    targets = np.zeros((len(pieces), *CLIP[2:]), "float32")
    model.fit(pieces, targets, batch_size=2, shuffle=False, verbose=0)
    whole = LAYERS[kind](4, 3, padding="same", return_state=True)
    whole.build(CLIP)
    whole.set_weights(layer.get_weights())
    _, h, c = whole(clips)
    assert scaled_error(layer.states[0], h) < 1e-6
    assert scaled_error(layer.states[1], c) < 1e-6


@pytest.mark.parametrize(
    "time",
    [1, pytest.param(None, marks=pytest.mark.slow)],
    ids=["one step", "any length"],
)
@pytest.mark.parametrize("kind", KINDS)
def test_stateful_export_carries_its_state_and_can_be_reset(
    kind, time, clips, rng, tmp_path
):
    shape = (2, time, *CLIP[2:])
    layer = random_layer(kind, rng, shape, padding="same", stateful=True)
    model = functional(layer, shape[1:], batch_size=2)
    model.export(tmp_path / "plain", verbose=False)
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(
        "serve", model.call, input_signature=[tf.TensorSpec((None, *shape[1:]))]
    )

    def reset_state():
        layer.reset_state()
        return [tf.identity(state) for state in layer.states]

    archive.add_endpoint("reset_state", reset_state, input_signature=[])
    archive.write_out(tmp_path / "archive", verbose=False)
    expected = [np.array(model(clips[:, t : t + 1])) for t in range(CLIP[1])]
    plain = tf.saved_model.load(tmp_path / "plain")
    archived = tf.saved_model.load(tmp_path / "archive")
    for loaded in (plain, archived):
        for t in range(CLIP[1]):
            output = loaded.serve(clips[:, t : t + 1])
            assert scaled_error(output, expected[t]) < 1e-6
    archived.reset_state()
    assert scaled_error(archived.serve(clips[:, :1]), expected[0]) < 1e-6


@pytest.mark.parametrize(
    "dtype, tolerance",
    [("mixed_float16", 5e-3), ("mixed_bfloat16", 5e-2), ("float64", 1e-6)],
)
@pytest.mark.parametrize("kind", KINDS)
def test_other_precisions_stay_near_float32(kind, dtype, tolerance, clips, rng):
    # 11, 8 and 53 bits: half a unit in the last place, over three steps.
    single = random_layer(kind, rng, CLIP, padding="same", peephole=True)
    layer = LAYERS[kind](4, 3, padding="same", peephole=True, dtype=dtype)
    layer.build(CLIP)
    layer.set_weights(single.get_weights())
    output = layer(clips)
    assert output.dtype == keras.DTypePolicy(dtype).compute_dtype
    assert {w.dtype for w in layer.weights} == {keras.DTypePolicy(dtype).variable_dtype}
    error = np.abs(np.array(output, "float64") - np.array(single(clips), "float64"))
    assert error.max() < tolerance


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float64"])
@pytest.mark.parametrize("kind", KINDS)
def test_other_precisions_train(kind, dtype, clips):
    model = functional(LAYERS[kind](4, 3, padding="same", dtype=dtype))
    model.compile(keras.optimizers.SGD(0.5), "mse", jit_compile=False)
    losses = model.fit(clips, clips[:, -1], epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_xla_trains_and_predicts_the_same(kind, clips, rng):
    start = random_layer(kind, rng, CLIP, padding="same").get_weights()
    results = []
    for jit_compile in (False, True):
        model = functional(LAYERS[kind](4, 3, padding="same"))
        model.set_weights(start)
        model.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=jit_compile)
        losses = model.fit(clips, clips[:, -1], epochs=2, verbose=0).history["loss"]
        results.append((losses, model.predict(clips, verbose=0)))
    np.testing.assert_allclose(results[0][0], results[1][0], rtol=1e-4)
    np.testing.assert_allclose(results[0][1], results[1][1], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_mixed_precision_policy_of_the_program_is_followed(kind):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        assert LAYERS[kind](4, 3).cell.compute_dtype == "bfloat16"
        assert CELLS[kind](4, 3).compute_dtype == "bfloat16"
    finally:
        keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("unroll", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_one_frame_runs_without_a_loop(kind, unroll, rng):
    layer = random_layer(kind, rng, (1, 1, 4, 5, 3), padding="same", unroll=unroll)
    states = [tf.zeros((1, 4, 5, 3))] * 2
    graph = tf.function(
        lambda x: layer(x, initial_state=states), autograph=False
    ).get_concrete_function(tf.zeros((1, 1, 4, 5, 3)))
    assert not [op for op in graph.graph.get_operations() if "While" in op.type]
