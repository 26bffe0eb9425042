"""Small networks with random weights, for the tests of `lstm_icnet/`."""

import functools

import numpy as np
from random_layers import named_weights

from lstm_icnet import build_icnet, build_lstm_icnet

# Every version and every cell once, odd and even sizes, the smallest one twice.
NETWORKS = {
    "icnet": (None, None, (97, 97)),
    "v1 standard": (1, "standard", (97, 113)),
    "v2 spatial": (2, "spatial", (100, 131)),
    "v3 depthwise": (3, "depthwise", (97, 97)),
    "v4 separable": (4, "separable", (98, 120)),
    "v5 spatial": (5, "spatial", (113, 97)),
    "v6 separable": (6, "separable", (97, 128)),
}
NUM_FRAMES = 3
NUM_CLASSES = 5


@functools.cache
def random_network(name):
    """One of `NETWORKS`, no weight and no statistic at its initial value."""
    version, cell, image_size = NETWORKS[name]
    arguments = {"num_classes": NUM_CLASSES, "image_size": image_size}
    if version is None:
        model = build_icnet(**arguments)
    else:
        model = build_lstm_icnet(version, cell, num_frames=NUM_FRAMES, **arguments)
    randomise(model, np.random.default_rng(1))
    return model


def randomise(model, rng):
    """Draws all weights, batch normalisation included, so that nothing saturates."""
    for layer in model.layers:
        for weight in layer.weights:
            weight.assign(random_weight(weight.name, weight.shape, rng))


def random_weight(name, shape, rng):
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


def random_frames(model, rng, batch_size=1):
    """Images as `model` takes them, uint8."""
    clip = (NUM_FRAMES,) if model.taps else ()
    shape = (batch_size, *clip, *model.image_size, 3)
    return rng.integers(0, 256, shape, dtype="uint8")
