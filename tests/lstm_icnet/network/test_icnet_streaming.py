"""The streaming graph, fed frame by frame, against the clip graph."""

import keras
import numpy as np
import pytest
from random_icnet import NETWORKS, new_random_network, random_images, random_network
from random_layers import KINDS, scaled_error

from lstm_icnet.network.icnet import HEADS

RECURRENT = [name for name in NETWORKS if name != "icnet"]


def stream(step, clips, states):
    """Outputs of `step` at the last frame."""
    clips = keras.ops.convert_to_tensor(clips)
    for t in range(clips.shape[1]):
        outputs = step({"image": clips[:, t], **states}, training=False)
        states = {name: outputs[name] for name in states}
    return outputs


def zero_states(model, batch_size):
    shapes = model.state_shapes()
    return {
        name: keras.ops.zeros((batch_size, *shape)) for name, shape in shapes.items()
    }


def check_stream_equals_clip(model, rng):
    clips = random_images(model, rng, batch_size=2)
    expected = model(clips, training=False)
    outputs = stream(model.build_step(HEADS), clips, zero_states(model, 2))
    for head in HEADS:
        assert scaled_error(outputs[head], expected[head]) < 1e-5


@pytest.mark.parametrize("name", RECURRENT)
def test_stream_equals_clip(name, rng):
    check_stream_equals_clip(random_network(name), rng)


@pytest.mark.slow
@pytest.mark.parametrize("cell", KINDS)
@pytest.mark.parametrize("version", range(1, 7))
def test_stream_equals_clip_for_every_version_and_cell(version, cell, rng):
    check_stream_equals_clip(new_random_network(version, cell), rng)


def test_stream_with_peepholes_equals_clip(rng):
    model = new_random_network(2, "depthwise", peephole=True)
    peepholes = [w for w in model.weights if w.name.startswith("peephole_")]
    assert len(peepholes) == 3
    check_stream_equals_clip(model, rng)


def test_states_bear_the_names_of_the_design():
    model = random_network("v6 separable")  # 97x128
    step = model.build_step()
    maps = {"sub4": (7, 7), "sub2": (7, 8), "sub1": (13, 16), "sub12": (13, 16)}
    states = {
        f"convlstm_{tap}_{part}": (*size, 128)
        for tap, size in maps.items()
        for part in "hc"
    }
    assert model.state_shapes() == states
    named = {"image": (97, 128, 3), **states}
    assert {name: x.shape[1:] for name, x in step.input.items()} == named
    named = {"main": (25, 31, 5), **states}
    assert {name: x.shape[1:] for name, x in step.output.items()} == named


def test_a_step_of_icnet_is_icnet(rng):
    model = random_network("icnet")
    frames = random_images(model, rng)
    outputs = model.build_step()({"image": frames}, training=False)
    assert list(outputs) == ["main"]
    expected = model(frames, training=False)["main"]
    np.testing.assert_array_equal(outputs["main"], expected)


def test_step_shares_the_weights_of_the_clip_graph():
    model = random_network("v1 standard")
    step = model.build_step(HEADS)
    assert {id(w) for w in step.weights} == {id(w) for w in model.weights}
    assert isinstance(step, keras.Model)


def test_a_step_draws_no_head_that_is_not_asked_for():
    names = {layer.name for layer in random_network("v1 standard").build_step().layers}
    assert "conv6_cls" in names
    assert not {"sub24_out", "sub4_out"} & names
