"""What every format gives for a real video, against the Keras model."""

import itertools

import cv2
import numpy as np
import pytest
from random_icnet import new_random_network

from data.files.video.reader import read_frames
from lstm_icnet.deployment.export_folder import export
from lstm_icnet.deployment.label_drawing import draw_labels
from lstm_icnet.deployment.open_network import open_network
from lstm_icnet.network.versions import CELLS

SIZE = (97, 113)
FORMATS = ("saved_model", "tflite", "onnx")
FLOAT_ENGINES = ("tensorflow", "onnxruntime", "openvino_float32", "tflite")
VERSIONS_AND_CELLS = [
    (None, None),
    (1, "separable"),
    (3, "spatial"),
    (4, "depthwise"),
    *itertools.product((2, 5, 6), CELLS),
]


@pytest.fixture(scope="module")
def frames(highway_video):
    video = itertools.islice(read_frames(highway_video), 50)
    return np.stack([cv2.resize(frame, SIZE[::-1]) for frame in video])


def small_network(version, cell):
    return new_random_network(version, cell, SIZE, width_multiplier=0.25)


def stream(network, frames):
    """The logits of every frame, the states carried."""
    states, logits = network.initial_state(), []
    for frame in frames:
        found, states = network.step(frame[np.newaxis], states)
        logits.append(np.asarray(found)[0])
    return np.stack(logits)


def probabilities(logits):
    exponential = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponential / exponential.sum(axis=-1, keepdims=True)


def share_of_equal_labels(logits, expected):
    pairs = zip(logits, expected, strict=True)
    return np.mean([draw_labels(a, SIZE) == draw_labels(b, SIZE) for a, b in pairs])


def opened(folder, engine):
    if engine.startswith("openvino"):
        pytest.importorskip("openvino", reason="needs the extra `openvino`")
    if engine == "onnxruntime":
        pytest.importorskip("onnxruntime", reason="needs the extra `onnx`")
    return open_network(folder, engine=engine)


@pytest.fixture(scope="module")
def expected(frames):
    return stream(open_network(small_network(2, "separable")), frames)


@pytest.fixture(scope="module")
def exported(frames, tmp_path_factory):
    pytest.importorskip("tf2onnx", reason="needs the extra `onnx`")
    folder = tmp_path_factory.mktemp("exported")
    model = small_network(2, "separable")
    return export(model, folder, True, formats=FORMATS, calibration=[frames[::5]])


@pytest.mark.parametrize("engine", FLOAT_ENGINES)
def test_a_stream_in_float32_equals_that_of_keras(engine, exported, expected, frames):
    found = stream(opened(exported, engine), frames)
    assert share_of_equal_labels(found, expected) >= 0.999
    np.testing.assert_allclose(probabilities(found), probabilities(expected), atol=1e-3)
    # It is the state that is compared: without it, the last frame differs.
    without = stream(opened(exported, engine), frames[-1:])
    assert np.abs(without[-1] - expected[-1]).max() > 10 * 1e-3


# float16 has 11 bits, bfloat16 and int8 8 bits.
@pytest.mark.parametrize(
    "name, engine, share, error",
    [
        ("model_float16.tflite", "tflite", 0.99, 2e-3),
        ("model.onnx", "openvino", 0.95, 3e-2),
        ("model_int8.tflite", "tflite", 0.8, 0.1),
        ("model_int8.onnx", "openvino_float32", 0.8, 0.1),
    ],
)
def test_a_stream_in_fewer_bits_stays_near(
    name, engine, share, error, exported, expected, frames
):
    found = stream(opened(exported / name, engine), frames)
    assert share_of_equal_labels(found, expected) >= share
    np.testing.assert_allclose(
        probabilities(found), probabilities(expected), atol=error
    )


@pytest.mark.slow
@pytest.mark.parametrize("version, cell", VERSIONS_AND_CELLS)
def test_all_versions_and_cells_agree(version, cell, frames, tmp_path):
    pytest.importorskip("tf2onnx", reason="needs the extra `onnx`")
    model = small_network(version, cell)
    export(model, tmp_path / "out", formats=FORMATS)
    expected = stream(open_network(model), frames)
    for engine in ("tensorflow", "onnxruntime", "tflite"):
        found = stream(opened(tmp_path / "out", engine), frames)
        assert share_of_equal_labels(found, expected) >= 0.999, engine
        assert np.abs(probabilities(found) - probabilities(expected)).max() <= 1e-3
