import keras
import numpy as np
import pytest
from random_icnet import new_random_network

from experiments.flicker_evidence.frozen_part import divide
from lstm_icnet.network.freezing import freeze_branches
from lstm_icnet.network.versions import CELLS

SIZE = (97, 113)
NETWORKS = [*((2, cell) for cell in CELLS), (5, "spatial"), (6, "separable")]


@pytest.mark.parametrize("align_states", [False, True])
@pytest.mark.parametrize(("version", "cell"), NETWORKS)
def test_both_parts_together_are_the_network(version, cell, align_states, rng):
    model = new_random_network(
        version, cell, SIZE, return_sequences=True, align_states=align_states
    )
    freeze_branches(model)
    front, back = divide(model)
    trained = {variable.path for variable in model.trainable_variables}
    assert {variable.path for variable in back.trainable_variables} == trained
    assert not front.trainable_variables

    images = rng.integers(0, 256, (2, 3, *SIZE, 3))
    inputs = images = keras.ops.convert_to_tensor(images, "float32")
    read = front([images])
    read = read if isinstance(read, list) else [read]
    if align_states:
        shape = (2, *model.input["flow"].shape[1:])
        flow = keras.ops.convert_to_tensor(rng.normal(0, 3, shape), "float32")
        inputs, read = {"images": images, "flow": flow}, [*read, flow]
    expected = model(inputs, training=False)
    found = back(read, training=False)
    assert "main" in found
    for head, logits in found.items():
        np.testing.assert_allclose(logits, expected[head], atol=1e-4)


def test_what_is_not_trained_is_in_front(rng):
    model = new_random_network(2, "separable", SIZE, return_sequences=True)
    freeze_branches(model)
    front, back = divide(model)
    names = [{layer.name for layer in part.layers} for part in (front, back)]
    assert "conv1_1_3x3_s2" in names[0] and "convlstm_sub12" not in names[0]
    assert "convlstm_sub12" in names[1] and "conv1_1_3x3_s2" not in names[1]
