"""On a GPU labels are drawn and states moved there, with the results of NumPy.

No GPU is needed: the network only believes that it is on one. The tests that `in_jax`
marks run on JAX; the others on TensorFlow.
"""

import keras
import numpy as np
import pytest
from jax_process import in_jax, outside_jax, run_on_jax
from moving_texture import moving_texture
from random_icnet import new_random_network

from lstm_icnet import VideoSegmenter
from lstm_icnet.deployment import video_stream
from lstm_icnet.deployment.formats import opened_keras
from lstm_icnet.network.versions import CELLS
from lstm_icnet.smoothing.frame_motion import GridMotion

SIZE = (97, 129)
FRAME_SIZE = (150, 200)


def assert_same_labels(monkeypatch, rng, version, cell, **arguments):
    """Compares streams of single frames and of several at once."""
    network = new_random_network(version, cell, SIZE, num_classes=5)
    frames = moving_texture(rng, FRAME_SIZE, [(0, 4 * i) for i in range(7)])
    host = VideoSegmenter(network, **arguments)
    monkeypatch.setattr(opened_keras, "_is_on_gpu", lambda: True)
    device = VideoSegmenter(network, **arguments)
    expected = [host.segment_frame(frame) for frame in frames]
    together = device.stream()
    for found in (
        [device.segment_frame(frame) for frame in frames],
        together.segment_frames(frames),
    ):
        assert {labels.dtype for labels in found} == {np.dtype("uint8")}
        assert np.shape(found) == (7, *FRAME_SIZE)
        assert np.not_equal(found, expected).mean() < 1e-3
    for stream in (device, together):
        for name, state in host._states.items():
            assert keras.ops.is_tensor(stream._states[name])
            np.testing.assert_allclose(stream._states[name], state, atol=1e-3)
    assert len(np.unique(expected)) > 1
    scores = device.segment_frame(frames[0], scores=True)
    np.testing.assert_allclose(
        scores, host.segment_frame(frames[0], scores=True), atol=1e-4
    )


@outside_jax
@pytest.mark.parametrize("align_states", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_every_cell(cell, align_states, rng, monkeypatch):
    assert_same_labels(monkeypatch, rng, 2, cell, align_states=align_states)


@outside_jax
def test_smoothed_with_several_cells(rng, monkeypatch):
    assert_same_labels(
        monkeypatch, rng, 6, "separable", align_states=True, smoothing="flow"
    )


@outside_jax
def test_icnet(rng, monkeypatch):
    assert_same_labels(monkeypatch, rng, None, None)


@in_jax
@pytest.mark.parametrize("align_states", [False, True])
def test_on_jax(align_states, rng, monkeypatch):
    assert_same_labels(monkeypatch, rng, 6, "separable", align_states=align_states)


@outside_jax
def test_streams_run_on_jax():
    run_on_jax(__file__)


@outside_jax
def test_neither_logits_nor_states_pass_through_numpy(rng, monkeypatch):
    network = new_random_network(2, "separable", SIZE, num_classes=5)
    monkeypatch.setattr(opened_keras, "_is_on_gpu", lambda: True)

    def refuse(*_):
        raise AssertionError("was called")

    monkeypatch.setattr(video_stream, "draw_labels", refuse)
    monkeypatch.setattr(GridMotion, "warp", refuse)
    segmenter = VideoSegmenter(network, align_states=True)
    frames = moving_texture(rng, FRAME_SIZE, [(0, 4 * i) for i in range(7)])
    segmenter.segment_frame(frames[0])
    labels = segmenter.segment_frames(frames[1:])
    assert np.shape(labels) == (6, *FRAME_SIZE)
