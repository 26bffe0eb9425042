import subprocess
import sys

import cv2
import numpy as np
import pytest
import tensorflow as tf
from random_icnet import (
    NUM_CLASSES,
    NUM_FRAMES,
    expected_labels,
    expected_scores,
    export_folder,
    random_images,
    random_network,
)

from lstm_icnet.deployment.formats.saved_model import write_saved_model

LSTM = "v4 separable"  # 98x120
STATES = {
    f"convlstm_{tap}_{part}": (None, *size, 128)
    for tap, size in {"sub4": (7, 7), "sub2": (7, 8)}.items()
    for part in "hc"
}


@pytest.fixture(scope="module")
def lstm():
    return tf.saved_model.load(str(export_folder(LSTM) / "saved_model"))


@pytest.fixture(scope="module")
def icnet(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    write_saved_model(random_network("icnet"), folder)
    return tf.saved_model.load(str(folder))


def inputs_of(signature):
    specs = signature.structured_input_signature[1]
    return {name: (spec.dtype, tuple(spec.shape)) for name, spec in specs.items()}


def outputs_of(signature):
    specs = signature.structured_outputs
    return {name: (spec.dtype, tuple(spec.shape)) for name, spec in specs.items()}


def run_stream(loaded, clips):
    """Outputs of `step` at the last frame, from the initial state."""
    signatures = loaded.signatures
    states = {}
    if "initial_state" in signatures:
        states = signatures["initial_state"](batch_size=tf.constant(len(clips)))
    for t in range(clips.shape[1]):
        outputs = signatures["step"](image=tf.constant(clips[:, t]), **states)
        states = {name: outputs[name] for name in states}
    return outputs


def test_signatures_of_a_recurrent_network_are_those_of_the_design(lstm):
    signatures = lstm.signatures
    assert set(signatures) == {"initial_state", "step", "clip", "serving_default"}
    states = {name: (tf.float32, shape) for name, shape in STATES.items()}
    labels = {
        "labels": (tf.uint8, (None, None, None)),
        "logits": (tf.float32, (None, 25, 29, NUM_CLASSES)),  # 2 ceil(side / 8) - 1
        "scores": (tf.float32, (None, None, None, NUM_CLASSES)),
    }
    assert inputs_of(signatures["initial_state"]) == {"batch_size": (tf.int32, ())}
    assert outputs_of(signatures["initial_state"]) == states
    image = {"image": (tf.uint8, (None, None, None, 3))}
    assert inputs_of(signatures["step"]) == {**image, **states}
    assert outputs_of(signatures["step"]) == {**labels, **states}
    images = {"images": (tf.uint8, (None, NUM_FRAMES, None, None, 3))}
    for name in ("clip", "serving_default"):
        assert inputs_of(signatures[name]) == images
        assert outputs_of(signatures[name]) == labels


def test_signatures_of_icnet_have_no_states(icnet):
    signatures = icnet.signatures
    assert set(signatures) == {"step", "clip", "serving_default"}
    image = (None, None, None, 3)
    labels = {
        "labels": (tf.uint8, (None, None, None)),
        "logits": (tf.float32, (None, 29, 55, NUM_CLASSES)),
    }
    assert inputs_of(signatures["step"]) == {"image": (tf.uint8, image)}
    assert outputs_of(signatures["step"]) == labels
    images = (None, None, *image[1:])
    for name in ("clip", "serving_default"):
        assert inputs_of(signatures[name]) == {"images": (tf.uint8, images)}
        assert outputs_of(signatures[name]) == labels


@pytest.mark.parametrize("batch_size", [1, 2])
def test_stream_and_clip_equal_the_keras_model(lstm, batch_size, rng):
    model = random_network(LSTM)
    clips = random_images(model, rng, batch_size)
    expected = expected_scores(model, clips)
    clip = lstm.signatures["clip"](images=tf.constant(clips))
    for outputs in (clip, run_stream(lstm, clips)):
        np.testing.assert_allclose(outputs["scores"], expected, atol=1e-5)
        different = np.not_equal(outputs["labels"], expected.argmax(axis=-1))
        assert different.mean() < 1e-3  # where rounding decides
        np.testing.assert_array_equal(
            outputs["labels"], np.argmax(outputs["scores"], axis=-1)
        )


def test_icnet_equals_the_keras_model_whatever_came_before(icnet, rng):
    model = random_network("icnet")
    clips = rng.integers(0, 256, (2, 4, *model.image_size, 3), dtype="uint8")
    expected = expected_labels(model, clips[:, -1])
    clip = icnet.signatures["serving_default"](images=tf.constant(clips))
    for outputs in (clip, run_stream(icnet, clips)):
        assert np.not_equal(outputs["labels"], expected).mean() < 1e-3


def test_initial_state_is_zero(lstm):
    states = lstm.signatures["initial_state"](batch_size=tf.constant(2))
    for name, shape in STATES.items():
        assert states[name].shape == (2, *shape[1:])
        assert not np.any(states[name])


def test_an_image_of_another_size_is_resized_inside(lstm, rng):
    model = random_network(LSTM)
    clips = rng.integers(0, 256, (2, NUM_FRAMES, 143, 61, 3), dtype="uint8")
    inside = np.stack(
        [[cv2.resize(image, (120, 98)) for image in clip] for clip in clips]
    )
    expected = expected_labels(model, inside, (143, 61))
    clip = lstm.signatures["clip"](images=tf.constant(clips))
    for outputs in (clip, run_stream(lstm, clips)):
        # OpenCV and TensorFlow round the resized image differently by one grey level.
        assert np.not_equal(outputs["labels"], expected).mean() < 5e-3


@pytest.mark.parametrize("shape", [(98, 120, 4), (98, 0, 3)], ids=["rgba", "empty"])
def test_what_is_no_image_is_an_error_of_tensorflow_not_a_crash(icnet, shape):
    image = tf.zeros((1, *shape), tf.uint8)
    with pytest.raises(tf.errors.InvalidArgumentError):
        icnet.signatures["step"](image=image)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "saved_model"
    with pytest.raises(OSError, match="saved_model cannot be written"):
        write_saved_model(random_network("icnet"), folder)


SERVER = """
import sys
for name in ("data", "experiments", "layers", "lstm_icnet"):
    sys.modules[name] = None  # importing it raises ImportError
import numpy as np
import tensorflow as tf
saved_model, image, labels = sys.argv[1:]
signatures = tf.saved_model.load(saved_model).signatures
states = signatures["initial_state"](batch_size=tf.constant(1))
outputs = signatures["step"](image=tf.constant(np.load(image)), **states)
np.save(labels, outputs["labels"].numpy())
"""


def test_it_is_served_where_this_package_cannot_be_imported(lstm, rng, tmp_path):
    image = rng.integers(0, 256, (1, 98, 120, 3), dtype="uint8")
    np.save(tmp_path / "image.npy", image)
    saved_model = export_folder(LSTM) / "saved_model"
    files = [tmp_path / "image.npy", tmp_path / "labels.npy"]
    subprocess.run(
        [sys.executable, "-I", "-c", SERVER, saved_model, *files],
        check=True,
        cwd=tmp_path,
    )
    states = lstm.signatures["initial_state"](batch_size=tf.constant(1))
    expected = lstm.signatures["step"](image=tf.constant(image), **states)["labels"]
    np.testing.assert_array_equal(np.load(files[1]), expected)
