import importlib.util
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from checkout import ROOT

from lstm_icnet.network.loss import (
    HEAD_WEIGHTS,
    SegmentationCrossEntropy,
    head_losses,
    nearest,
)


def naive_loss(labels, logits, ignore_label=255, class_weights=None):
    """Mean over clips of the weighted mean cross entropy of their valid pixels."""
    *frames, height, width, num_classes = logits.shape
    weights = np.ones(num_classes) if class_weights is None else class_weights
    losses = []
    for clip in range(frames[0]):
        weighted_sum = total = 0.0
        for index in np.ndindex(*frames[1:], height, width):
            *frame, row, column = clip, *index
            y = row * labels.shape[-2] // height
            x = column * labels.shape[-1] // width
            label = labels[(*frame, y, x)]
            if label != ignore_label:
                z = logits[(*frame, row, column)].astype("float64")
                weighted_sum += weights[label] * (np.log(np.exp(z).sum()) - z[label])
                total += weights[label]
        losses.append(weighted_sum / total if total else 0.0)
    return np.mean(losses)


def random_case(
    rng, size=(9, 14), head=(5, 7), classes=4, batch=3, ignored=0.3, time=()
):
    labels = rng.integers(0, classes, (batch, *time, *size)).astype("uint8")
    labels[rng.random(labels.shape) < ignored] = 255
    logits = 3 * rng.standard_normal((batch, *time, *head, classes)).astype("float32")
    return labels, logits


def with_gradient(loss):
    def run(labels, logits):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = loss(labels, logits)
        return value, tape.gradient(value, logits)

    return run


def loss_and_gradient(labels, logits, loss=None):
    run = with_gradient(loss or SegmentationCrossEntropy())
    value, gradient = run(labels, tf.constant(logits))
    return float(value), gradient.numpy()


@pytest.mark.parametrize(
    "size, head", [((9, 14), (5, 7)), ((16, 8), (4, 2)), ((5, 6), (9, 11))]
)
def test_loss_equals_a_loop_over_pixels(size, head, rng):
    labels, logits = random_case(rng, size, head)
    loss = SegmentationCrossEntropy()
    for run in (loss, tf.function(loss)):
        assert float(run(labels, logits)) == pytest.approx(
            naive_loss(labels, logits), rel=1e-5
        )


FRAMES = {"last frame": (), "every frame": (3,)}
WEIGHTS = [0.5, 2.0, 0.0, 0.03]


@pytest.mark.parametrize("run", ["eager", "graph", "jit"])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["equal", "weighted"])
@pytest.mark.parametrize("time", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("size, head", [((9, 14), (5, 7)), ((4, 5), (7, 6))])
def test_weights_and_frames_equal_a_loop(size, head, time, weights, run, rng):
    labels, logits = random_case(rng, size, head, time=time)
    loss = SegmentationCrossEntropy(class_weights=weights)
    if run != "eager":
        loss = tf.function(loss, jit_compile=run == "jit")
    expected = naive_loss(labels, logits, class_weights=weights)
    assert float(loss(labels, logits)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("time", FRAMES.values(), ids=FRAMES)
def test_gradient_is_that_of_a_weighted_mean(time, rng):
    labels, logits = random_case(rng, size=(5, 7), time=time)
    labels[0] = 255
    loss = SegmentationCrossEntropy(class_weights=WEIGHTS)
    _, gradient = loss_and_gradient(labels, logits, loss)
    valid = labels != 255
    one_hot = np.eye(4)[np.where(valid, labels, 0)]
    weight = np.where(valid, np.array(WEIGHTS)[np.where(valid, labels, 0)], 0)
    total = weight.reshape(3, -1).sum(axis=1).reshape(3, *[1] * (weight.ndim - 1))
    share = weight / np.maximum(total, 1e-9) / len(labels)
    z = np.exp(logits.astype("float64"))
    expected = (z / z.sum(axis=-1, keepdims=True) - one_hot) * share[..., None]
    np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-8)
    assert np.all(gradient[weight == 0] == 0)
    assert np.all(np.abs(gradient[weight > 0]).sum(axis=-1) > 0)


@pytest.mark.parametrize("time", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("weight", [1.0, 0.01, 300.0])
def test_equal_weights_of_any_size_change_nothing(weight, time, rng):
    labels, logits = random_case(rng, time=time)
    plain, gradient = loss_and_gradient(labels, logits)
    weighted, weighted_gradient = loss_and_gradient(
        labels, logits, SegmentationCrossEntropy(class_weights=[weight] * 4)
    )
    assert weighted == pytest.approx(plain, rel=1e-6)
    np.testing.assert_allclose(weighted_gradient, gradient, rtol=1e-5, atol=1e-9)


def test_a_pixel_of_weight_two_counts_as_two(rng):
    labels, logits = random_case(rng, size=(1, 6), head=(1, 6), classes=2, batch=1)
    labels[0, 0] = [0, 1, 0, 1, 255, 0]
    twice = [0, 1, 1, 2, 3, 3, 4, 5]  # the pixels of class 1 stand there twice
    weighted = SegmentationCrossEntropy(class_weights=[1, 2])(labels, logits)
    plain = SegmentationCrossEntropy()(labels[..., twice], logits[:, :, twice])
    assert float(weighted) == pytest.approx(float(plain), rel=1e-6)


def test_frames_without_labels_change_nothing(rng):
    labels, logits = random_case(rng, time=(3,))
    labels[:, :2] = 255
    value, gradient = loss_and_gradient(labels, logits)
    last, last_gradient = loss_and_gradient(labels[:, -1], logits[:, -1])
    assert value == pytest.approx(last, rel=1e-6)
    np.testing.assert_allclose(gradient[:, -1], last_gradient, rtol=1e-6)
    assert np.all(gradient[:, :2] == 0)


def test_pixels_of_a_clip_weigh_the_same_in_whichever_frame(rng):
    labels, logits = random_case(rng, (5, 7), (5, 7), batch=2, time=(2,), ignored=0)
    labels[:, 0, 1:] = 255  # one row of the first frame against all of the second
    value, _ = loss_and_gradient(labels, logits)
    stacked = (np.concatenate([x[:, 0], x[:, 1]], axis=1) for x in (labels, logits))
    assert value == pytest.approx(naive_loss(*stacked), rel=1e-5)


@pytest.mark.parametrize("compiled", [False, True], ids=["graph", "jit"])
@pytest.mark.parametrize("time", FRAMES.values(), ids=FRAMES)
def test_a_clip_whose_weights_are_all_zero_counts_as_zero(time, compiled, rng):
    labels, logits = random_case(rng, batch=2, time=time)
    labels[0] = np.where(labels[0] == 255, 255, 2)  # of weight zero
    loss = SegmentationCrossEntropy(class_weights=WEIGHTS)
    run = tf.function(with_gradient(loss), jit_compile=compiled)
    value, gradient = (x.numpy() for x in run(labels, tf.constant(logits)))
    alone = naive_loss(labels[1:], logits[1:], class_weights=WEIGHTS)
    assert value == pytest.approx(alone / 2, rel=1e-5)
    assert np.all(gradient[0] == 0) and np.isfinite(gradient[1]).all()
    value, gradient = (x.numpy() for x in run(labels[[0, 0]], tf.constant(logits)))
    assert value == 0 and np.all(gradient == 0)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_raised_before_anything_is_added_up(dtype):
    labels = np.zeros(
        (1, 2, 300, 300), "uint8"
    )  # 180,000 pixels; float16 ends at 65504
    logits = tf.zeros((1, 2, 300, 300, 4), dtype)
    loss = SegmentationCrossEntropy(class_weights=[3.0, 1, 1, 1], dtype=dtype)
    losses = loss.call(labels, logits)
    assert losses.dtype == "float32"
    np.testing.assert_allclose(losses, np.log(4), rtol=1e-5)
    assert float(loss(labels, logits)) == pytest.approx(np.log(4), rel=1e-2)


def test_jax_gives_the_same_loss_and_gradient(tmp_path, rng):
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed")
    labels, logits = random_case(rng, time=(3,))
    labels[0] = 255
    np.savez(tmp_path / "case.npz", labels=labels, logits=logits)
    script = f"""
import sys, jax, numpy as np
from lstm_icnet.network.loss import SegmentationCrossEntropy

case = np.load(sys.argv[1] + "/case.npz")
loss = SegmentationCrossEntropy(class_weights={WEIGHTS})
run = jax.jit(jax.value_and_grad(lambda logits: loss(case["labels"], logits)))
value, gradient = run(case["logits"])
np.savez(sys.argv[1] + "/found.npz", value=value, gradient=gradient)
"""
    run = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    found = np.load(tmp_path / "found.npz")
    value, gradient = loss_and_gradient(
        labels, logits, SegmentationCrossEntropy(class_weights=WEIGHTS)
    )
    assert float(found["value"]) == pytest.approx(value, rel=1e-5)
    np.testing.assert_allclose(found["gradient"], gradient, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("weights", [[1.0, -0.1], [1.0, np.nan], [np.inf], []], ids=str)
def test_weights_that_are_none_are_refused(weights):
    with pytest.raises(ValueError, match=r"`class_weights` must be finite numbers, no"):
        SegmentationCrossEntropy(class_weights=weights)


def test_a_weight_too_few_is_refused(rng):
    labels, logits = random_case(rng)
    with pytest.raises(ValueError, match=r"of the 4 classes\. Received: 3 weights"):
        SegmentationCrossEntropy(class_weights=[1, 1, 1])(labels, logits)


@pytest.mark.parametrize("labels_time, time", [((), (3,)), ((3,), ()), ((2,), (3,))])
def test_labels_and_logits_of_other_frames_are_refused(labels_time, time, rng):
    labels, _ = random_case(rng, time=labels_time)
    _, logits = random_case(rng, time=time)
    with pytest.raises(ValueError, match="with the same time axis"):
        SegmentationCrossEntropy()(labels, logits)


def test_clips_weigh_the_same_whatever_is_ignored_in_them(rng):
    labels, logits = random_case(rng, batch=2, ignored=0)
    labels[0, 1:] = 255
    each = [naive_loss(labels[n : n + 1], logits[n : n + 1]) for n in range(2)]
    value, _ = loss_and_gradient(labels, logits)
    assert value == pytest.approx(np.mean(each), rel=1e-5)


def test_ignored_pixels_get_no_gradient(rng):
    labels, logits = random_case(rng, size=(5, 7))
    _, gradient = loss_and_gradient(labels, logits)
    assert np.all(gradient[labels == 255] == 0)
    assert np.all(np.abs(gradient[labels != 255]).sum(axis=-1) > 0)


def test_a_clip_without_a_valid_pixel_counts_as_zero(rng):
    labels, logits = random_case(rng, batch=2)
    labels[0] = 255
    value, gradient = loss_and_gradient(labels, logits)
    alone = naive_loss(labels[1:], logits[1:])
    assert value == pytest.approx(alone / 2, rel=1e-5)
    assert np.isfinite(gradient).all()
    assert np.all(gradient[0] == 0)


def test_loss_is_zero_and_not_nan_where_nothing_is_valid(rng):
    _, logits = random_case(rng)
    value, gradient = loss_and_gradient(np.full((3, 9, 14), 255, "uint8"), logits)
    assert value == 0
    assert np.all(gradient == 0)


def test_another_label_can_be_ignored(rng):
    labels, logits = random_case(rng, ignored=0)
    value, _ = loss_and_gradient(labels, logits, SegmentationCrossEntropy(2))
    assert value == pytest.approx(naive_loss(labels, logits, 2), rel=1e-5)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64"])
def test_nearest_takes_the_label_at_the_floor(dtype, rng):
    labels = rng.integers(0, 256, (2, 12, 9)).astype(dtype)
    for size in ((6, 3), (5, 4), (12, 9), (24, 10)):
        rows = [i * 12 // size[0] for i in range(size[0])]
        columns = [i * 9 // size[1] for i in range(size[1])]
        result = nearest(labels, size)
        assert result.dtype == "int32"
        np.testing.assert_array_equal(result, labels[:, rows][:, :, columns])


def test_nearest_is_tensorflow_1s_resize(rng):
    labels = rng.integers(0, 20, (1, 360, 480)).astype("int32")
    for size in ((89, 119), (45, 59), (23, 29)):
        resized = tf.compat.v1.image.resize_nearest_neighbor(labels[..., None], size)
        np.testing.assert_array_equal(nearest(labels, size), resized[..., 0])


def test_nearest_with_aligned_corners_is_tensorflow_1s_resize(rng):
    labels = rng.integers(0, 20, (1, 360, 480)).astype("int32")
    for size in ((90, 120), (48, 64), (24, 30), (1, 1), (360, 480)):
        resized = tf.compat.v1.image.resize_nearest_neighbor(
            labels[..., None], size, align_corners=True
        )
        aligned = nearest(labels, size, align_corners=True)
        np.testing.assert_array_equal(aligned, resized[..., 0])


def test_aligned_labels_are_those_under_the_corners_of_the_drawn_logits():
    labels = np.zeros((1, 4, 4), "uint8")
    labels[:, -1, -1] = 1  # one pixel, under the last logit of the drawn map
    logits = np.zeros((1, 2, 2, 2), "float32")
    logits[:, -1, -1, 1] = 30.0
    logits[:, :, :, 0][:, :1] = logits[:, -1, 0, 0] = 30.0
    aligned = SegmentationCrossEntropy(align_labels=True)(labels, logits)
    assert float(aligned) == pytest.approx(0, abs=1e-6)
    # The last logit reads label floor(1 * 4 / 2) = 2, of class 0: one of four is wrong.
    assert float(SegmentationCrossEntropy()(labels, logits)) == pytest.approx(30 / 4)


def test_aligned_labels_are_of_all_heads_and_survive_their_config():
    losses = head_losses(align_labels=True)["loss"]
    assert all(loss.align_labels for loss in losses.values())
    copy = SegmentationCrossEntropy.from_config(losses["sub4"].get_config())
    assert copy.align_labels
    old = {k: v for k, v in copy.get_config().items() if k != "align_labels"}
    assert not SegmentationCrossEntropy.from_config(old).align_labels


@pytest.mark.parametrize("weights", [None, [1.0, 3.0, 0.2]], ids=["equal", "weighted"])
@pytest.mark.parametrize("time", FRAMES.values(), ids=FRAMES)
def test_heads_weigh_as_in_icnet(time, weights, rng):
    assert HEAD_WEIGHTS == {"main": 1.0, "sub24": 0.4, "sub4": 0.16}
    image = keras.Input((*time, 8, 8, 3))
    layers = {
        head: keras.layers.Conv2D(3, 1, strides=strides, name=None if time else head)
        for head, strides in {"main": 2, "sub24": 4, "sub4": 8}.items()
    }
    if time:
        layers = {
            head: keras.layers.TimeDistributed(layer, name=head)
            for head, layer in layers.items()
        }
    model = keras.Model(image, {head: layer(image) for head, layer in layers.items()})
    model.compile("sgd", **head_losses(weights))
    images = rng.standard_normal((2, *time, 8, 8, 3)).astype("float32")
    labels = rng.integers(0, 3, (2, *time, 8, 8)).astype("uint8")
    logits = model.predict(images, verbose=0)
    expected = sum(
        share * naive_loss(labels, logits[head], class_weights=weights)
        for head, share in {"main": 1.0, "sub24": 0.4, "sub4": 0.16}.items()
    )
    result = model.evaluate(
        images, dict.fromkeys(layers, labels), verbose=0, return_dict=True
    )
    assert result["loss"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "bool"])
def test_labels_that_are_no_integers_are_refused(dtype, rng):
    labels, logits = random_case(rng)
    with pytest.raises(TypeError, match=f"integer class ids. Received: dtype={dtype}"):
        SegmentationCrossEntropy()(labels.astype(dtype), logits)


@pytest.mark.parametrize("weights", [None, [0.5, 2.0]])
def test_loss_is_rebuilt_from_its_config(weights):
    loss = keras.losses.deserialize(
        keras.losses.serialize(
            SegmentationCrossEntropy(ignore_label=11, class_weights=weights)
        )
    )
    assert isinstance(loss, SegmentationCrossEntropy)
    assert loss.ignore_label == 11
    assert loss.class_weights == weights


def naive_change(labels, logits):
    """Mean over clips of |p[t] - p[t-1]|^2 where a counted label stays."""
    p = np.exp(logits.astype("float64"))
    p /= p.sum(axis=-1, keepdims=True)
    clips, frames, height, width, _ = logits.shape
    means = []
    for clip in range(clips):
        changes = []
        for t, row, column in np.ndindex(frames - 1, height, width):
            y = row * labels.shape[-2] // height
            x = column * labels.shape[-1] // width
            before, after = labels[clip, t : t + 2, y, x]
            if before == after != 255:
                difference = p[clip, t + 1, row, column] - p[clip, t, row, column]
                changes.append((difference**2).sum())
        means.append(np.mean(changes) if changes else 0.0)
    return np.mean(means)


def test_consistency_is_the_change_of_probabilities_where_labels_stay(rng):
    labels, logits = random_case(rng, classes=2, batch=2, time=(3,))
    loss = SegmentationCrossEntropy(consistency_weight=0.5)(labels, logits)
    expected = naive_loss(labels, logits) + 0.5 * naive_change(labels, logits)
    assert float(loss) == pytest.approx(expected, rel=1e-5)


def test_no_label_that_stays_leaves_the_cross_entropy(rng):
    labels, logits = random_case(rng, batch=1, time=(2,), ignored=0.0)
    labels[:, 0], labels[:, 1] = 0, 1
    loss = SegmentationCrossEntropy(consistency_weight=2.0)(labels, logits)
    assert float(loss) == pytest.approx(naive_loss(labels, logits), rel=1e-5)


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_impossible_consistency_weights_are_refused(weight):
    with pytest.raises(ValueError, match="`consistency_weight` must be finite"):
        SegmentationCrossEntropy(consistency_weight=weight)


def test_consistency_weight_is_the_main_heads_and_survives_its_config():
    losses = head_losses(consistency_weight=0.5)["loss"]
    weights = {head: loss.consistency_weight for head, loss in losses.items()}
    assert weights == {"main": 0.5, "sub24": 0.0, "sub4": 0.0}
    copy = SegmentationCrossEntropy.from_config(losses["main"].get_config())
    assert copy.consistency_weight == 0.5
