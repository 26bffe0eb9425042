"""Heads, width, every frame's logits, and what is frozen."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from random_icnet import NUM_FRAMES, new_random_network, random_images
from random_layers import scaled_error

from lstm_icnet import build_icnet, build_lstm_icnet
from lstm_icnet.network.freezing import freeze_batch_norm, freeze_branches
from lstm_icnet.network.named_layers import NamedLayers
from lstm_icnet.weights.initial_weights import copy_weights

SMALL = dict(num_classes=3, image_size=(97, 97))


def weights(model):
    return {layer.name: layer.get_weights() for layer in model.layers if layer.weights}


@pytest.mark.parametrize("heads", [("main",), ("main", "sub4"), ("sub24",)])
def test_only_the_heads_asked_for_are_built(heads):
    model = build_icnet(**SMALL, heads=heads)
    assert tuple(model.output) == heads
    built = {"conv6_cls": "main", "sub24_out": "sub24", "sub4_out": "sub4"}
    names = {layer.name for layer in model.layers}
    assert {built[name] for name in built.keys() & names} == set(heads)


@pytest.mark.parametrize("width", [0.25, 0.5, 2])
def test_the_width_multiplies_every_channel_but_the_classes(width):
    model = build_lstm_icnet(6, "depthwise", **SMALL, width_multiplier=width)
    of_paper = build_lstm_icnet(6, "depthwise", **SMALL)
    for layer, other in zip(model.layers, of_paper.layers, strict=True):
        if not isinstance(layer, keras.layers.Conv2D):
            continue
        classifier = layer.name in ("conv6_cls", "sub24_out", "sub4_out")
        assert layer.filters == (3 if classifier else width * other.filters)
    assert {shape[-1] for shape in model.state_shapes().values()} == {128 * width}


@pytest.mark.parametrize("channels", [3, 13, 16])
@pytest.mark.parametrize("size", [(8, 8), (7, 9)])
def test_a_strided_convolution_takes_every_second_pixel(channels, size, rng):
    inputs = keras.Input((*size, channels))
    model = keras.Model(inputs, NamedLayers().conv("conv", inputs, 6, 1, strides=2))
    x = rng.normal(size=(2, *size, channels)).astype("float32")
    kernel = rng.normal(size=(channels, 6)).astype("float32")
    model.get_layer("conv").set_weights([kernel[None, None]])
    expected = x[:, ::2, ::2] @ kernel
    assert np.abs(model(x) - expected).max() < 1e-5


# In a process of its own: what is tested here once ended in a segmentation fault.
_ONE_GRADIENT = """
import sys, tensorflow as tf
from lstm_icnet import build_icnet
model = build_icnet(3, (128, 128), width_multiplier=float(sys.argv[1]))
with tf.GradientTape() as tape:
    logits = model(tf.ones((1, 128, 128, 3)), training=True)
    loss = tf.add_n([tf.reduce_sum(values) for values in logits.values()])
gradients = tape.gradient(loss, model.trainable_variables)
assert all(bool(tf.reduce_all(tf.math.is_finite(g))) for g in gradients)
"""


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="uses TensorFlow's gradient tape"
)
@pytest.mark.parametrize("width", ["0.1", "0.05", "0.12"])
def test_a_very_narrow_network_has_gradients(width):
    command = [sys.executable, "-c", _ONE_GRADIENT, width]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_narrow_network_streams(rng):
    model = new_random_network(2, "separable", width_multiplier=0.25)
    clip = keras.ops.convert_to_tensor(random_images(model, rng))
    step = model.build_step()
    shapes = model.state_shapes()
    states = {name: keras.ops.zeros((1, *shape)) for name, shape in shapes.items()}
    for t in range(NUM_FRAMES):
        outputs = step({"image": clip[:, t], **states}, training=False)
        states = {name: outputs[name] for name in states}
    expected = model(clip, training=False)["main"]
    assert scaled_error(outputs["main"], expected) < 1e-5


@pytest.mark.parametrize(
    "version, cell", [(1, "standard"), (3, "spatial"), (6, "depthwise")]
)
def test_every_frame_has_the_logits_of_the_clip_that_ends_there(version, cell, rng):
    model = new_random_network(version, cell, return_sequences=True)
    clips = random_images(model, rng, batch_size=2)
    logits = model(clips, training=False)
    for t in range(NUM_FRAMES):
        shorter = build_lstm_icnet(
            version,
            cell,
            model.num_classes,
            model.image_size,
            num_frames=t + 1,
        )
        copy_weights(model, shorter)
        expected = shorter(clips[:, : t + 1], training=False)
        for head in expected:
            assert scaled_error(logits[head][:, t], expected[head]) < 1e-5


@pytest.mark.parametrize(
    "arguments, message",
    [
        (dict(heads=("main", "sub3")), "sub3"),
        (dict(heads=()), "`heads` must be some of"),
        (dict(width_multiplier=0), "`width_multiplier` must be positive"),
        (dict(return_sequences=True), "no sequence to return"),
    ],
)
def test_wrong_options_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        build_icnet(**SMALL, **arguments)


def trained(model, rng):
    """The names of the layers that one step of training changes."""
    before = weights(model)
    model.compile(
        keras.optimizers.SGD(0.1),
        loss={head: "mean_squared_error" for head in model.output},
    )
    images = random_images(model, rng, batch_size=2)
    targets = {head: np.ones((2, *x.shape[1:])) for head, x in model.output.items()}
    model.fit(images, targets, batch_size=2, verbose=0)
    after = weights(model)
    return {
        name
        for name in before
        if any((a != b).any() for a, b in zip(before[name], after[name], strict=True))
    }


def test_frozen_branches_leave_the_recurrent_part_and_the_classifiers(rng):
    model = new_random_network(2, "depthwise")
    freeze_branches(model)
    heads = {"conv6_cls", "sub24_out", "sub4_out"}
    assert trained(model, rng) == heads | {"convlstm_sub12", "convlstm_sub12_bn"}


def test_frozen_norms_keep_statistics_and_scales(rng):
    model = new_random_network(None, None)
    freeze_batch_norm(model)
    norms = {layer.name for layer in model.layers if layer.name.endswith("_bn")}
    changed = trained(model, rng)
    assert len(norms) == 63 and not norms & changed
    assert changed == weights(model).keys() - norms
