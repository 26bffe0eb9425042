"""The tests that `in_jax` marks run on JAX; the others on TensorFlow."""

import keras
import numpy as np
import pytest
from jax_process import in_jax, outside_jax, run_on_jax
from random_icnet import new_random_network

from lstm_icnet import VideoSegmenter
from lstm_icnet.deployment.formats.opened_keras import KerasNetwork


def images_and_network(rng, **arguments):
    model = new_random_network(2, "separable", (97, 97), **arguments)
    return rng.integers(0, 256, (3, 97, 97, 3), "uint8"), model


def states_and_labels_of_a_stream(rng, kind):
    """Checks a stream on the present backend, whose tensors are of `kind`."""
    clip, model = images_and_network(rng)
    network = KerasNetwork(model)
    states = network.initial_state()
    for image in clip:
        assert all(isinstance(state, kind) for state in states.values())
        logits, states = network.step(image[np.newaxis], states)
        assert type(logits) is np.ndarray and logits.dtype == np.float32
    expected = keras.ops.convert_to_numpy(
        model(clip[np.newaxis], training=False)["main"]
    )
    np.testing.assert_allclose(logits, expected, atol=1e-3)
    np.testing.assert_allclose(network.clip(clip[np.newaxis]), expected, atol=1e-3)
    segmenter = VideoSegmenter(model)
    labels = list(segmenter.segment_video(clip))
    assert np.not_equal(labels[-1], segmenter.segment_clip(clip)).mean() < 1e-3


@outside_jax
def test_states_stay_tensors_of_tensorflow(rng):
    import tensorflow as tf

    states_and_labels_of_a_stream(rng, tf.Tensor)


@in_jax
def test_states_stay_arrays_of_jax(rng):
    import jax

    states_and_labels_of_a_stream(rng, jax.Array)


@outside_jax
def test_streams_run_on_jax():
    run_on_jax(__file__)


@outside_jax
def test_a_stream_is_compiled_once(rng, monkeypatch):
    images, model = images_and_network(rng)
    network = KerasNetwork(model)
    calls = []
    call = type(model).call
    step = model.build_step()
    monkeypatch.setattr(
        type(step), "call", lambda *a, **k: calls.append(1) or call(*a, **k)
    )
    states = network.initial_state()
    for image in [*images, *images]:
        _, states = network.step(image[np.newaxis], states)
    assert len(calls) == 1


@outside_jax
def test_weights_that_change_are_used(rng):
    images, model = images_and_network(rng)
    network = KerasNetwork(model)
    states = network.initial_state()
    before, _ = network.step(images[:1], states)
    bias = model.get_layer("conv6_cls").weights[-1]
    bias.assign(np.asarray(bias) + 2.0)
    after, _ = network.step(images[:1], states)
    np.testing.assert_allclose(after, before + 2.0, atol=1e-4)


@outside_jax
@pytest.mark.parametrize("policy", ["mixed_bfloat16"])
def test_logits_are_float32_in_every_precision(policy, rng):
    keras.config.set_dtype_policy(policy)
    try:
        images, model = images_and_network(rng)
    finally:
        keras.config.set_dtype_policy("float32")
    network = KerasNetwork(model)
    states = network.initial_state()
    for image in images:
        logits, states = network.step(image[np.newaxis], states)
    assert logits.dtype == np.float32
    assert np.isfinite(logits).all()
