import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from checkout import ROOT

from experiments.training.step.precision import precision
from experiments.training.step.recomputation import recompute_in_training
from lstm_icnet.network.icnet_model import ICNet

SIZE = (97, 97)


def two_networks(*arguments, **others):
    """The same network as it is and with recomputation."""
    pair = [
        ICNet(*arguments, 3, SIZE, 2, width_multiplier=0.1, **others) for _ in range(2)
    ]
    pair[1].set_weights(pair[0].get_weights())
    recompute_in_training(pair[1])
    return pair


def loss_and_gradients(model, inputs):
    with tf.GradientTape() as tape:
        logits = model(inputs, training=True)
        loss = sum(tf.reduce_mean(tf.square(x)) for x in logits.values())
    return loss, tape.gradient(loss, [w.value for w in model.trainable_weights])


def assert_same_step(plain, recomputed, inputs, in_graph=False):
    # Both in the same way: TensorFlow rounds otherwise in a graph.
    step = tf.function(loss_and_gradients) if in_graph else loss_and_gradients
    tensors = tf.nest.map_structure(tf.constant, inputs)
    loss, gradients = step(recomputed, tensors)
    expected, expected_gradients = step(plain, tensors)
    assert float(loss) == pytest.approx(float(expected), rel=1e-6)
    for weight, a, b in zip(
        plain.trainable_weights, gradients, expected_gradients, strict=True
    ):
        error = np.linalg.norm(a - b)
        assert error <= 1e-3 * np.linalg.norm(b) + 1e-6, weight.path
    # Statistics of batch normalisation are updated, and only once.
    for a, b in zip(plain.weights, recomputed.weights, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-6, err_msg=a.path)


def test_a_step_of_icnet_in_a_graph_is_the_same(rng):
    images = rng.integers(0, 256, (2, *SIZE, 3))
    assert_same_step(*two_networks(None, None), images, in_graph=True)


def test_a_step_with_flow_and_frozen_layers_is_the_same(rng):
    pair = two_networks(6, "depthwise", align_states=True, return_sequences=True)
    for model in pair:
        model.get_layer("conv1_sub1").trainable = False
        model.get_layer("conv1_sub1_bn").trainable = False
    images = rng.integers(0, 256, (1, 2, *SIZE, 3))
    flow = rng.normal(0, 5, (1, 1, 13, 13, 2))
    flow[0, 0, 0, 0] = np.nan
    assert_same_step(*pair, {"images": images, "flow": flow})


def test_inference_and_files_are_as_before(rng, tmp_path):
    plain, recomputed = two_networks(2, "separable")
    images = rng.integers(0, 256, (1, 2, *SIZE, 3))
    np.testing.assert_array_equal(plain(images)["main"], recomputed(images)["main"])
    recomputed.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(plain(images)["main"], loaded(images)["main"])


def test_weights_stay_in_full_precision_within_a_half_precise_network(rng):
    with precision("mixed_float16"):
        plain, recomputed = two_networks(None, None)
    images = rng.integers(0, 256, (1, *SIZE, 3))
    # Beyond float16, as after training: it would be infinite in half precision.
    for model in (plain, recomputed):
        model.get_layer("conv1_sub1_bn").gamma.assign(np.full(3, 1e-9))
        model.get_layer("conv1_sub1").kernel.assign(np.full((3, 3, 3, 3), 1e5))
    loss, expected = (loss_and_gradients(m, images)[0] for m in (recomputed, plain))
    assert np.isfinite(loss) and float(loss) == pytest.approx(float(expected), rel=1e-3)


ON_JAX = """
import jax
import keras
import numpy as np
from experiments.training.step.recomputation import recompute_in_training
from lstm_icnet.network.icnet_model import ICNet
images = np.random.default_rng(0).integers(0, 256, (1, 97, 97, 3)).astype("float32")
weights, results = None, []
for recompute in (False, True):
    model = ICNet(None, None, 3, (97, 97), width_multiplier=0.05)
    weights = weights or model.get_weights()
    model.set_weights(weights)
    if recompute:
        recompute_in_training(model)
    def loss(trainable, others):
        logits, others = model.stateless_call(trainable, others, images, training=True)
        return sum(keras.ops.mean(x * x) for x in logits.values()), others
    gradient = jax.value_and_grad(loss, has_aux=True)
    values = [[v.value for v in model.trainable_variables],
              [v.value for v in model.non_trainable_variables]]
    text = str(jax.make_jaxpr(gradient)(*values))
    assert ("remat" in text or "checkpoint" in text) == recompute
    results.append(jax.tree.leaves(gradient(*values)))
for a, b in zip(*results, strict=True):
    assert np.linalg.norm(a - b) <= 1e-3 * np.linalg.norm(a) + 1e-6
print("same")
"""


@pytest.mark.slow
def test_a_step_is_the_same_on_jax():
    pytest.importorskip("jax")
    run = subprocess.run(
        [sys.executable, "-c", ON_JAX],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)},
    )
    assert run.stdout == "same\n", run.stderr
