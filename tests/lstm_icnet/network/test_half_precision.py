"""Networks under Keras' policies for half precision."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lstm_icnet.network.icnet import HEADS
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.network.loss import HEAD_WEIGHTS, SegmentationCrossEntropy

SIZE = (97, 97)
FIRST = ("conv1_1_3x3_s2", "conv1_sub1")
CLASSIFIERS = ("conv6_cls", "sub24_out", "sub4_out")
# Of the first convolutions of a network trained on CamVid, before normalisation.
VARIANCE = 2.3e8
FLOAT16_END = 65504.0


@pytest.fixture
def policy():
    """Sets a policy for the test."""
    before = keras.config.dtype_policy()
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy(before)


def network(name, policy, version=None, cell=None, **arguments):
    policy(name)
    model = ICNet(version, cell, 3, SIZE, 2, width_multiplier=0.25, **arguments)
    policy("float32")
    return model


@pytest.fixture
def image(rng):
    """Grey noise and a white square, whose borders are far beyond the rest."""
    noise = np.clip(rng.normal(100, 20, (1, *SIZE, 3)), 0, 255).astype(np.uint8)
    noise[:, 40:60, 40:60] = 255
    return noise


def as_trained(model, image):
    """Scales the first convolutions; returns the largest of their outputs."""
    largest = []
    for name in FIRST:
        layer = model.get_layer(name)
        outputs = np.asarray(keras.Model(model.input, layer.output)(image))
        layer.kernel.assign(layer.kernel * np.sqrt(VARIANCE / outputs.var()))
        largest.append(np.abs(outputs).max() * np.sqrt(VARIANCE / outputs.var()))
    return largest


def loss_and_gradients(model, image, labels):
    loss_of = SegmentationCrossEntropy()
    with tf.GradientTape() as tape:
        logits = model(image, training=True)
        loss = sum(HEAD_WEIGHTS[h] * loss_of(labels, logits[h]) for h in HEADS)
    return float(loss), tape.gradient(loss, [w.value for w in model.trainable_weights])


@pytest.mark.parametrize("name", ["mixed_float16", "mixed_bfloat16"])
def test_first_convolutions_and_classifiers_are_in_full_precision(name, policy):
    model = network(name, policy, 2, "separable")
    full = {
        layer.name
        for layer in model.layers
        if layer.weights and layer.compute_dtype == "float32"
    }
    assert full == {*FIRST, *(f"{name}_bn" for name in FIRST), *CLASSIFIERS}
    assert {logits.dtype for logits in model.output.values()} == {"float32"}
    assert {weight.dtype for weight in model.weights} == {"float32"}
    assert model.get_layer("convlstm_sub12").compute_dtype == name[len("mixed_") :]


def test_other_policies_hold_for_all_layers(policy):
    for name in ("float32", "float64"):
        dtypes = {layer.compute_dtype for layer in network(name, policy).layers}
        assert dtypes - {None} == {name}


@pytest.fixture
def full_and_half(policy, image):
    """The same weights, with which float16 would overflow, in two precisions."""
    full, half = (network(name, policy) for name in ("float32", "mixed_float16"))
    assert min(as_trained(full, image)) > FLOAT16_END
    half.set_weights(full.get_weights())
    return full, half


def test_outputs_beyond_float16_do_not_change_the_logits(full_and_half, image):
    full, half = full_and_half
    for name in FIRST:  # as after many steps, which training and inference share
        outputs = keras.Model(full.input, full.get_layer(name).output)(image)
        norm = full.get_layer(f"{name}_bn")
        norm.moving_mean.assign(np.mean(outputs, axis=(0, 1, 2)))
        norm.moving_variance.assign(np.var(outputs, axis=(0, 1, 2)))
    half.set_weights(full.get_weights())
    found = half(image)
    for head, logits in full(image).items():
        error = np.abs(found[head] - logits).max()
        assert error < 0.02 * np.std(logits), head


def test_outputs_beyond_float16_do_not_change_the_training(full_and_half, image, rng):
    labels = rng.integers(0, 3, (1, *SIZE))
    full, half = (loss_and_gradients(m, image, labels) for m in full_and_half)
    # Some maps are of few pixels, whose statistics differ in half precision.
    assert half[0] == pytest.approx(full[0], rel=0.05)
    assert all(np.isfinite(gradient).all() for gradient in half[1])
    paths = [weight.path for weight in full_and_half[0].trainable_weights]
    a, b = (np.ravel(m[1][paths.index("conv6_cls/kernel")]) for m in (full, half))
    assert a @ b > 0.95 * np.linalg.norm(a) * np.linalg.norm(b)


def test_a_file_of_a_network_in_half_precision_opens_in_full(policy, image, tmp_path):
    half = network("mixed_float16", policy, 2, "separable")
    half.save(tmp_path / "half.keras")
    loaded = keras.saving.load_model(tmp_path / "half.keras")
    assert {layer.compute_dtype for layer in loaded.layers} - {None} == {"float32"}
    for ours, theirs in zip(half.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("name", ["mixed_float16", "mixed_bfloat16"])
def test_states_are_aligned_along_flow_in_half_precision(name, policy, rng):
    arguments = {"align_states": True}
    full = network("float32", policy, 2, "depthwise", **arguments)
    half = network(name, policy, 2, "depthwise", **arguments)
    half.set_weights(full.get_weights())
    images = rng.integers(0, 256, (1, 2, *SIZE, 3)).astype("float32")
    flow = rng.normal(0, 5, (1, 1, 13, 13, 2)).astype("float32")
    inputs = {"images": images, "flow": flow}
    logits = np.asarray(full(inputs)["main"])
    error = np.abs(np.asarray(half(inputs)["main"]) - logits)
    assert error.max() < 0.1 * np.ptp(logits)
