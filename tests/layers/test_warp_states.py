import keras
import numpy as np
import pytest

from layers import CELLS, LAYERS
from layers.warp_states import resize_flow, warp_states


def as_array(x):
    return keras.ops.convert_to_numpy(x)


def slow_warp(state, flow):
    """Bilinear reading written pixel by pixel."""
    result = np.zeros_like(state)
    batch, height, width, _ = state.shape
    for b, y, x in np.ndindex(batch, height, width):
        u, v = np.array([x, y]) + flow[b, y, x]
        if not (0 <= u <= width - 1 and 0 <= v <= height - 1):  # NaN, too
            continue
        for row in range(height):
            for column in range(width):
                weight = max(0, 1 - abs(u - column)) * max(0, 1 - abs(v - row))
                result[b, y, x] += weight * state[b, row, column]
    return result


def test_warp_reads_bilinearly_and_leaves_zeros_where_there_is_no_source(rng):
    state = rng.normal(size=(2, 5, 7, 3)).astype(np.float32)
    flow = rng.normal(0, 2, (2, 5, 7, 2)).astype(np.float32)
    flow[0, 2, 3] = np.nan
    flow[1, 1, 1] = (2, 1)
    warped = as_array(warp_states(state, flow))
    np.testing.assert_allclose(warped, slow_warp(state, flow), atol=1e-5)
    np.testing.assert_array_equal(warped[0, 2, 3], 0)
    np.testing.assert_allclose(warped[1, 1, 1], state[1, 2, 3], atol=1e-6)


def test_no_motion_changes_nothing(rng):
    state = rng.normal(size=(1, 4, 4, 2)).astype(np.float32)
    flow = np.zeros((1, 4, 4, 2), np.float32)
    np.testing.assert_array_equal(as_array(warp_states(state, flow)), state)


def test_flow_of_an_image_becomes_pixels_of_the_state():
    flow = np.zeros((1, 16, 32, 2), np.float32)
    flow[..., 0], flow[..., 1] = 8, -4  # pixels of a 16 x 32 image
    resized = as_array(resize_flow(flow, (2, 4), (16, 32)))
    assert resized.shape == (1, 2, 4, 2)
    np.testing.assert_allclose(resized[..., 0], 1)
    np.testing.assert_allclose(resized[..., 1], -0.5)


def test_flow_is_read_in_the_middle_of_what_a_pixel_of_the_state_stands_for():
    flow = np.zeros((1, 6, 6, 2), np.float32)
    flow[0, 1::3, 1::3] = 6
    np.testing.assert_allclose(as_array(resize_flow(flow, (2, 2), (6, 6))), 2)


@pytest.mark.parametrize("kind", CELLS)
def test_layer_along_flow_is_its_cell_on_warped_states(kind, rng):
    layer = LAYERS[kind](3, 3, padding="same", return_sequences=True)
    x = rng.normal(size=(2, 3, 6, 5, 3)).astype(np.float32)
    flow = rng.normal(0, 8, (2, 2, 6, 5, 2)).astype(np.float32)
    found = as_array(layer(x, flow=flow, flow_unit_size=(48, 40)))
    states, expected = None, []
    for t in range(3):
        if states is not None:
            states = [slow_warp(as_array(s), flow[:, t - 1] / 8) for s in states]
        h, states = layer.cell(x[:, t], states)
        expected.append(as_array(h))
    np.testing.assert_allclose(found, np.stack(expected, axis=1), atol=1e-5)
    last = LAYERS[kind](3, 3, padding="same")
    last.build(x.shape)
    last.set_weights(layer.get_weights())
    np.testing.assert_allclose(
        as_array(last(x, flow=flow, flow_unit_size=(48, 40))), found[:, -1], atol=1e-6
    )


def test_layer_without_motion_is_the_layer_without_flow(rng):
    layer = LAYERS["separable"](4, 3, padding="same", return_sequences=True)
    x = rng.normal(size=(1, 4, 6, 6, 4)).astype(np.float32)
    flow = np.zeros((1, 3, 6, 6, 2), np.float32)
    np.testing.assert_allclose(
        as_array(layer(x, flow=flow, flow_unit_size=(6, 6))),
        as_array(layer(x)),
        atol=1e-6,
    )


@pytest.mark.parametrize(
    "arguments, call, name",
    [
        ({}, {"mask": np.ones((1, 2), bool)}, "mask"),
        ({}, {"initial_state": [np.zeros((1, 6, 6, 2))] * 2}, "initial_state"),
        ({"go_backwards": True}, {}, "go_backwards"),
        ({"stateful": True}, {}, "stateful"),
    ],
    ids=["mask", "initial state", "backwards", "stateful"],
)
def test_flow_is_refused_beside_what_it_would_ignore(arguments, call, name, rng):
    layer = LAYERS["standard"](2, 3, padding="same", **arguments)
    clips, flow = np.zeros((1, 2, 6, 6, 2)), np.zeros((1, 1, 6, 6, 2))
    with pytest.raises(ValueError, match=rf"cannot be combined.*Received: {name}\b"):
        layer(clips, flow=flow, flow_unit_size=(6, 6), **call)
