"""The networks against a NumPy writing of them that shares no line with them."""

import icnet_reference
import pytest
from random_icnet import NETWORKS, random_images, random_network, weights_by_layer
from random_layers import scaled_error

MEAN_RGB = (73.158, 82.909, 72.392)  # Cityscapes', the default


@pytest.mark.parametrize("name", NETWORKS)
def test_logits_of_all_heads_equal_the_reference(name, rng):
    version, cell, _ = NETWORKS[name]
    model = random_network(name)
    images = random_images(model, rng, batch_size=2)
    logits = model(images, training=False)
    network = icnet_reference.Network(weights_by_layer(model), version, cell)
    clip = images[1] if version else images[1:]
    for head, expected in network.logits(clip, MEAN_RGB).items():
        # float32 against float64 through sixty layers.
        assert scaled_error(logits[head][1], expected) < 2e-5


@pytest.mark.parametrize("name", NETWORKS)
def test_convolutions_and_norms_are_those_of_the_table(name):
    model = random_network(name)
    shapes = {
        layer: {weight: value.shape for weight, value in weights.items()}
        for layer, weights in weights_by_layer(model).items()
        if not layer.startswith("convlstm_")
    }
    assert shapes == icnet_reference.weight_shapes(num_classes=model.num_classes)
