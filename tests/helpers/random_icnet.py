"""Small networks with random weights, for the tests of `lstm_icnet/`."""

import functools
import tempfile
from pathlib import Path

import icnet_reference
import numpy as np
from random_layers import named_weights

from lstm_icnet import build_icnet, build_lstm_icnet
from lstm_icnet.deployment.export_folder import export

# Every version and every cell at least once, at odd and even sizes.
NETWORKS = {
    "icnet": (None, None, (120, 222)),
    "v1 standard": (1, "standard", (97, 113)),
    "v2 spatial": (2, "spatial", (100, 131)),
    "v3 depthwise": (3, "depthwise", (97, 97)),
    "v4 separable": (4, "separable", (98, 120)),
    "v5 spatial": (5, "spatial", (113, 97)),
    "v6 separable": (6, "separable", (97, 128)),
}
NUM_FRAMES = 3
CLASSES = ("road", "sky", "car", "tree", "Straße")
NUM_CLASSES = len(CLASSES)
PALETTE = ((0, 0, 0), (1, 2, 3), (255, 0, 9), (8, 8, 8), (4, 5, 6))

_exports = tempfile.TemporaryDirectory()


@functools.cache
def random_network(name):
    """One of `NETWORKS`, shared by all tests, which must not change it."""
    return new_random_network(*NETWORKS[name])


@functools.cache
def export_folder(name):
    """The folder of an export of `random_network(name)`, with scores."""
    return export(random_network(name), Path(_exports.name) / name, scores=True)


def new_random_network(version, cell, image_size=(97, 97), **arguments):
    """A network with no weight and no statistic at its initial value."""
    arguments = {
        "num_classes": NUM_CLASSES,
        "image_size": image_size,
        "classes": CLASSES,
        "palette": PALETTE,
        **arguments,
    }
    if version is None:
        model = build_icnet(**arguments)
    else:
        model = build_lstm_icnet(version, cell, num_frames=NUM_FRAMES, **arguments)
    rng = np.random.default_rng(1)
    for layer in model.layers:
        for weight in layer.weights:
            weight.assign(_random_weight(weight.name, weight.shape, rng))
    return model


def _random_weight(name, shape, rng):
    """Random values at which no layer's output vanishes and no cell saturates."""
    if name == "gamma":
        return rng.uniform(0.5, 1.2, shape)
    if name == "moving_variance":
        return rng.uniform(0.5, 2, shape)
    if "kernel" not in name:
        return 0.3 * rng.standard_normal(shape)
    # A depthwise kernel reads one channel; the kernels of the image see values of 60.
    channels = 1 if "depthwise" in name else shape[2]
    scale = 60 if channels == 3 else 1
    deviation = np.sqrt(1.5 / (shape[0] * shape[1] * channels)) / scale
    return deviation * rng.standard_normal(shape)


def weights_by_layer(model):
    """The weights in float64, by layer and then by name."""
    return {layer.name: named_weights(layer) for layer in model.layers if layer.weights}


def random_images(model, rng, batch_size=1):
    """Frames or clips of noise as `model` takes them, uint8."""
    frames = (NUM_FRAMES,) if model.taps else ()
    shape = (batch_size, *frames, *model.image_size, 3)
    return rng.integers(0, 256, shape, dtype="uint8")


def expected_scores(model, images, size=None):
    """Class probabilities of the last frame by NumPy, from the network's logits."""
    logits = np.asarray(model(images, training=False)["main"], "float64")
    exponential = np.exp(icnet_reference.resize(logits, size or model.image_size))
    return exponential / exponential.sum(axis=-1, keepdims=True)


def expected_labels(model, images, size=None):
    """Label maps of the last frame by NumPy, uint8 (batch, height, width)."""
    return expected_scores(model, images, size).argmax(axis=-1).astype("uint8")
