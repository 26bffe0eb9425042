import numpy as np
import pytest
import tensorflow as tf
from random_icnet import (
    NUM_CLASSES,
    expected_scores,
    new_random_network,
    random_images,
)
from random_layers import scaled_error

from lstm_icnet.deployment.folding import fold_batch_norm
from lstm_icnet.deployment.formats.calibration import calibration_inputs
from lstm_icnet.deployment.formats.tflite_file import write_tflite

SIZE = (97, 113)
STATES = ("convlstm_sub12_c", "convlstm_sub12_h")


@pytest.fixture(scope="module")
def model():
    """A network with one large factor in the batch normalisation behind its cell."""
    made = new_random_network(2, "separable", SIZE, width_multiplier=0.25)
    norm = made.get_layer("convlstm_sub12_bn")
    norm.gamma.assign(norm.gamma * np.where(np.arange(32) == 0, 60, 1))
    kernel = made.get_layer("conv6_cls").kernel  # takes the factor away again
    kernel.assign(kernel / np.where(np.arange(32) == 0, 60, 1).reshape(1, 1, 32, 1))
    return made


@pytest.fixture(scope="module")
def files(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    rng = np.random.default_rng(0)
    clips = [rng.integers(0, 256, (2, *SIZE, 3), dtype="uint8")]
    folded = fold_batch_norm(model)
    write_tflite(folded, folder, True, calibration_inputs(folded, clips))
    return folder


def interpreter(file):
    return tf.lite.Interpreter(str(file))


@pytest.mark.parametrize("name", ["", "_float16", "_int8"])
def test_operators_are_tflites_own_and_types_those_of_the_design(name, files):
    opened = interpreter(files / f"model{name}.tflite")
    operators = {operator["op_name"] for operator in opened._get_ops_details()}
    assert "CONV_2D" in operators
    assert not [name for name in operators if "Flex" in name or "CUSTOM" in name]
    assert "REVERSE_V2" not in operators  # wrong in int8
    signatures = opened.get_signature_list()
    assert set(signatures["step"]["inputs"]) == {"image", *STATES}
    assert set(signatures["step"]["outputs"]) == {
        "labels",
        "logits",
        "scores",
        *STATES,
    }
    assert set(signatures["step_logits"]["outputs"]) == {"logits", *STATES}
    step = opened.get_signature_runner("step")
    details = step.get_input_details() | step.get_output_details()
    assert details["image"]["dtype"] == details["labels"]["dtype"] == np.uint8
    for name in ("logits", "scores", *STATES):
        assert details[name]["dtype"] == np.float32
    assert details["labels"]["shape"].tolist() == [1, *SIZE]
    assert details["logits"]["shape"].tolist() == [1, 25, 29, NUM_CLASSES]


def test_smaller_numbers_make_smaller_files(files):
    sizes = [
        (files / f"model{name}.tflite").stat().st_size
        for name in ("", "_float16", "_int8")
    ]
    assert sizes[0] > 1.5 * sizes[1] > 1.5 * 1.2 * sizes[2]


def test_labels_and_scores_are_those_of_the_keras_model(model, files, rng):
    (clip,) = random_images(model, rng)
    step = interpreter(files / "model.tflite").get_signature_runner("step")
    states = {name: np.zeros((1, 13, 15, 32), np.float32) for name in STATES}
    for image in clip:
        outputs = step(image=image[np.newaxis], **states)
        states = {name: outputs[name] for name in STATES}
    expected = expected_scores(model, clip[np.newaxis])
    np.testing.assert_allclose(outputs["scores"], expected, atol=1e-5)
    assert np.mean(outputs["labels"] != expected.argmax(axis=-1)) < 1e-3


def test_int8_keeps_the_small_factors_of_a_batch_normalisation(model, files, rng):
    image = rng.integers(0, 256, (1, *SIZE, 3), dtype="uint8")
    states = {name: np.zeros((1, 13, 15, 32), np.float32) for name in STATES}
    found, expected = (
        interpreter(files / f"model{name}.tflite").get_signature_runner("step_logits")(
            image=image, **states
        )["logits"]
        for name in ("_int8", "")
    )
    error = np.abs(found - expected).mean() / np.abs(expected - expected.mean()).mean()
    assert error < 0.14  # 0.17 where one scale is for all factors


def test_without_clips_there_is_no_int8_file(model, tmp_path):
    write_tflite(fold_batch_norm(model), tmp_path, kinds=["int8"])
    assert not list(tmp_path.iterdir())


# After 2,000 steps on CamVid, the first convolution's outputs have this variance.
LARGE_VARIANCE = 2.3e8


def test_float16_survives_outputs_that_leave_its_range_before_their_norm(tmp_path, rng):
    model = new_random_network(None, None, (97, 97), width_multiplier=0.25)
    scale = LARGE_VARIANCE**0.5
    images = random_images(model, rng)
    before = model(images, training=False)["main"]
    for name in ("conv1_1_3x3_s2", "conv1_sub1"):
        convolution, norm = model.get_layer(name), model.get_layer(f"{name}_bn")
        convolution.kernel.assign(convolution.kernel * scale)
        norm.moving_mean.assign(norm.moving_mean * scale)
        norm.moving_variance.assign(norm.moving_variance * LARGE_VARIANCE)
    expected = model(images, training=False)["main"]
    assert scaled_error(expected, before) < 1e-3  # as the norm takes the factor away

    centred = images[..., ::-1] - np.array(model.mean_rgb[::-1])
    folded = fold_batch_norm(model)
    largest = {
        name: np.abs(tf.nn.conv2d(centred, np.float64(k), 2, "SAME")).max()
        for name, k in (
            ("as trained", model.get_layer("conv1_sub1").kernel),
            ("folded", folded.get_layer("conv1_sub1").kernel),
        )
    }
    assert largest["as trained"] > 65504 > 100 * largest["folded"]

    write_tflite(folded, tmp_path, kinds=["float16"])
    step = interpreter(tmp_path / "model_float16.tflite").get_signature_runner("step")
    assert scaled_error(step(image=images)["logits"], expected) < 5e-3
