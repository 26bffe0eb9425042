import icnet_reference
import numpy as np
import pytest
from random_icnet import random_images, random_network

from lstm_icnet.deployment.formats.label_graphs import labels_of_clip, labels_of_step


def layer_names(model):
    return {layer.name for layer in model.layers}


def expected_scores(model, images, size):
    """Class probabilities by NumPy, from the logits of the network."""
    logits = np.asarray(model(images, training=False)["main"], "float64")
    exponential = np.exp(icnet_reference.resize(logits, size))
    return exponential / exponential.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("size", [None, (50, 203)], ids=["own size", "other size"])
@pytest.mark.parametrize("name", ["icnet", "v1 standard"])
def test_labels_are_the_largest_logits_at_that_size(name, size, rng):
    model = random_network(name)
    images = random_images(model, rng, batch_size=2)
    outputs = labels_of_clip(model, size, scores=True)(images, training=False)
    scores = expected_scores(model, images, size or model.image_size)
    assert outputs["labels"].dtype == "uint8"
    np.testing.assert_allclose(outputs["scores"], scores, atol=1e-5)
    first, second = np.sort(scores, axis=-1)[..., :-3:-1].transpose(3, 0, 1, 2)
    clear = first - second > 1e-4  # rounding decides the others
    assert clear.mean() > 0.99
    np.testing.assert_array_equal(
        np.asarray(outputs["labels"])[clear], scores.argmax(axis=-1)[clear]
    )


@pytest.mark.parametrize("make", [labels_of_clip, labels_of_step])
def test_no_auxiliary_head_is_computed(make):
    names = layer_names(make(random_network("v6 separable")))
    assert "conv6_cls" in names
    assert not {"sub24_out", "sub4_out"} & names


def test_labels_alone_unless_scores_are_asked_for():
    model = random_network("icnet")
    assert list(labels_of_clip(model).output) == ["labels"]
    assert set(labels_of_step(model, scores=True).output) == {"labels", "scores"}
