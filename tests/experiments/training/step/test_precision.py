import keras
import numpy as np
import pytest

from experiments.training.step.precision import (
    PRECISIONS,
    FullPrecision,
    precision,
    scaled_loss,
)
from lstm_icnet.network.icnet_model import ICNet


def network(name):
    with precision(name):
        return ICNet(1, "depthwise", 3, (97, 97), 2, width_multiplier=0.1)


def test_the_precision_ends_with_its_block():
    before = keras.config.dtype_policy().name
    with pytest.raises(ZeroDivisionError), precision("mixed_bfloat16"):
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
        1 / 0  # noqa: B018
    assert keras.config.dtype_policy().name == before


@pytest.mark.parametrize("name", PRECISIONS)
def test_small_gradients_are_scaled_in_float16_alone(name):
    variable = keras.Variable(np.ones(1))
    optimizer = scaled_loss(keras.optimizers.SGD(1.0), name)
    optimizer.build([variable])
    scaled = float(optimizer.scale_loss(1.0))
    assert (scaled > 1) == (name == "mixed_float16")
    optimizer.apply([keras.ops.convert_to_tensor([0.25 * scaled])])
    assert float(variable[0]) == 0.75
    optimizer.apply([keras.ops.convert_to_tensor([np.inf])])
    assert np.isfinite(variable[0]) == (name == "mixed_float16")


def test_a_network_in_full_precision_is_not_copied():
    model = network("float32")
    assert FullPrecision(model).model is model


def test_the_copy_in_full_precision_has_the_weights_of_its_last_update(rng):
    model = network("mixed_bfloat16")
    full = FullPrecision(model)
    assert {layer.compute_dtype for layer in full.model.layers} - {None} == {"float32"}
    model.weights[0].assign(rng.standard_normal(model.weights[0].shape))
    full.update()
    for ours, theirs in zip(model.weights, full.model.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
