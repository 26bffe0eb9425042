import keras
import numpy as np
import pytest
import tensorflow as tf

from lstm_icnet.loss import (
    HEAD_WEIGHTS,
    SegmentationCrossEntropy,
    head_losses,
    nearest,
)


def naive_loss(labels, logits, ignore_label=255):
    """Mean over the clips of the mean cross entropy of their valid pixels."""
    batch, height, width, _ = logits.shape
    means = []
    for n in range(batch):
        entropies = []
        for row in range(height):
            for column in range(width):
                y = row * labels.shape[1] // height
                x = column * labels.shape[2] // width
                label = labels[n, y, x]
                if label != ignore_label:
                    z = logits[n, row, column].astype("float64")
                    entropies.append(np.log(np.exp(z).sum()) - z[label])
        means.append(np.mean(entropies) if entropies else 0.0)
    return np.mean(means)


def random_case(rng, size=(9, 14), head=(5, 7), classes=4, batch=3, ignored=0.3):
    labels = rng.integers(0, classes, (batch, *size)).astype("uint8")
    labels[rng.random(labels.shape) < ignored] = 255
    logits = 3 * rng.standard_normal((batch, *head, classes)).astype("float32")
    return labels, logits


def loss_and_gradient(labels, logits, loss=None):
    logits = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = (loss or SegmentationCrossEntropy())(labels, logits)
    return float(value), tape.gradient(value, logits).numpy()


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


def test_heads_weigh_as_in_icnet(rng):
    assert HEAD_WEIGHTS == {"main": 1.0, "sub24": 0.4, "sub4": 0.16}
    image = keras.Input((8, 8, 3))
    heads = {
        head: keras.layers.Conv2D(3, 1, strides=strides, name=head)(image)
        for head, strides in {"main": 2, "sub24": 4, "sub4": 8}.items()
    }
    model = keras.Model(image, heads)
    model.compile("sgd", **head_losses())
    images = rng.standard_normal((2, 8, 8, 3)).astype("float32")
    labels = rng.integers(0, 3, (2, 8, 8)).astype("uint8")
    logits = model.predict(images, verbose=0)
    expected = (
        naive_loss(labels, logits["main"])
        + 0.4 * naive_loss(labels, logits["sub24"])
        + 0.16 * naive_loss(labels, logits["sub4"])
    )
    result = model.evaluate(
        images, dict.fromkeys(heads, labels), verbose=0, return_dict=True
    )
    assert result["loss"] == pytest.approx(expected, rel=1e-5)


def test_loss_is_rebuilt_from_its_config():
    loss = keras.losses.deserialize(
        keras.losses.serialize(SegmentationCrossEntropy(ignore_label=11))
    )
    assert isinstance(loss, SegmentationCrossEntropy)
    assert loss.ignore_label == 11
