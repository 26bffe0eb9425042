import keras
import numpy as np
import pytest
from random_icnet import NETWORKS, new_random_network, random_images, random_network
from random_layers import scaled_error

from lstm_icnet.deployment.folding import fold_batch_norm
from lstm_icnet.network.icnet import HEADS


@pytest.mark.parametrize("name", NETWORKS)
def test_a_folded_network_gives_the_same_logits(name, rng):
    model = random_network(name)
    folded = fold_batch_norm(model, HEADS)
    images = random_images(model, rng, batch_size=2)
    expected = model(images, training=False)
    logits = folded(images, training=False)
    assert list(logits) == list(HEADS)
    for head in HEADS:
        assert scaled_error(logits[head], expected[head]) < 1e-4


def norms(model):
    kind = keras.layers.BatchNormalization
    return {layer.name for layer in model.layers if isinstance(layer, kind)}


@pytest.mark.parametrize(
    "name, behind_cells",
    [
        ("icnet", set()),
        ("v1 standard", {"conv3_sub1_proj_bn"}),
        ("v2 spatial", {"convlstm_sub12_bn"}),
        ("v4 separable", {"conv_sub4_bn", "conv3_1_sub2_proj_bn"}),
    ],
)
def test_only_norms_behind_a_cell_stay(name, behind_cells):
    assert norms(fold_batch_norm(random_network(name))) == behind_cells


def test_a_folded_step_has_the_same_states_and_no_auxiliary_head(rng):
    model = random_network("v6 separable")
    folded = fold_batch_norm(model)
    assert folded.state_shapes() == model.state_shapes()
    inputs = {"image": random_images(model, rng)[:, 0]}
    for name, shape in model.state_shapes().items():
        inputs[name] = rng.standard_normal((1, *shape))
    inputs = {name: keras.ops.cast(x, "float32") for name, x in inputs.items()}
    expected = model.build_step()(inputs, training=False)
    outputs = folded.build_step()(inputs, training=False)
    assert outputs.keys() == expected.keys()
    for name in outputs:
        assert scaled_error(outputs[name], expected[name]) < 1e-4
    names = {layer.name for layer in folded.layers}
    assert not {"sub24_out", "sub4_out"} & names


def test_a_folded_network_is_a_copy_that_survives_its_file(tmp_path, rng):
    model = new_random_network(2, "depthwise")
    folded = fold_batch_norm(model)
    images = random_images(model, rng)
    before = folded(images, training=False)["main"]
    model.get_layer("conv6_cls").bias.assign_add(np.ones(model.num_classes))
    folded.save(tmp_path / "folded.keras")
    again = keras.saving.load_model(tmp_path / "folded.keras")
    np.testing.assert_array_equal(again(images, training=False)["main"], before)
    assert not again.trainable_weights


def test_folding_twice_changes_nothing(rng):
    once = fold_batch_norm(random_network("icnet"))
    images = random_images(once, rng)
    twice = fold_batch_norm(once)
    expected = once(images, training=False)["main"]
    np.testing.assert_array_equal(twice(images, training=False)["main"], expected)
