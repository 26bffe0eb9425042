"""The networks against an independent NumPy writing of them, and streams of frames."""

import icnet_reference
import keras
import numpy as np
import pytest
from random_icnet import (
    NETWORKS,
    random_frames,
    random_network,
    randomise,
    weights_by_layer,
)
from random_layers import KINDS, scaled_error

from lstm_icnet import build_lstm_icnet
from lstm_icnet.icnet import HEADS

# float32 against float64 through some sixty layers.
TOLERANCE = 1e-4


@pytest.mark.parametrize("name", NETWORKS)
def test_logits_equal_the_reference(name, rng):
    version, cell, _ = NETWORKS[name]
    model = random_network(name)
    images = random_frames(model, rng, batch_size=2)
    logits = model(images, training=False)
    network = icnet_reference.Network(weights_by_layer(model), version, cell)
    for row, clip in enumerate(images if model.taps else images[:, np.newaxis]):
        expected = network.logits(clip, (73.158, 82.909, 72.392))
        for head in HEADS:
            print(
                name,
                head,
                scaled_error(logits[head][row], expected[head]),
                expected[head].std(),
            )
            assert scaled_error(logits[head][row], expected[head]) < TOLERANCE
