import keras
import numpy as np
import pytest

from layers import LAYERS
from lstm_icnet import CELLS, build_lstm_icnet
from lstm_icnet.network.initializers import PackedGlorotUniform


def packed_limit(packed_shape):
    """TensorFlow 1's Glorot limit of a whole variable, its fans by its own rule."""
    receptive = np.prod(packed_shape[:-2])
    fan_in, fan_out = receptive * packed_shape[-2], receptive * packed_shape[-1]
    return np.sqrt(6 / (fan_in + fan_out))


# The authors' variables for 128 channels in and out: input and state joined.
PACKED = {
    "kernel": (3, 3, 256, 512),
    "vertical_kernel": (3, 1, 256, 512),
    "horizontal_kernel": (1, 3, 256, 512),
    "depthwise_kernel": (3, 3, 256, 4),
    "pointwise_kernel": (1, 1, 256, 512),
}


@pytest.mark.parametrize("cell", CELLS)
def test_cells_of_a_network_start_within_the_packed_limit(cell):
    model = build_lstm_icnet(1, cell, num_classes=2, image_size=(97, 97), num_frames=2)
    weights = model.get_layer("convlstm_sub1").weights
    kernels = [w for w in weights if "kernel" in w.name]
    assert len(kernels) == (2 if cell in ("standard", "depthwise") else 4)
    for kernel in kernels:
        values = np.asarray(kernel.value)
        limit = packed_limit(PACKED[kernel.name.removeprefix("recurrent_")])
        # Thousands of uniform values fill the range; float32 rounds its ends.
        for end in (values.max(), -values.min()):
            assert 0.99 * limit < end < (1 + 1e-6) * limit, kernel.name
        assert values.std() == pytest.approx(limit / np.sqrt(3), rel=0.03)
    flat = [np.asarray(kernel.value).ravel() for kernel in kernels]
    for n, one in enumerate(flat):
        for other in flat[n + 1 :]:
            shorter = min(len(one), len(other))
            assert not np.array_equal(one[:shorter], other[:shorter])


def test_biases_start_at_zero_and_the_forget_gates_at_one():
    model = build_lstm_icnet(1, "depthwise", num_classes=2, image_size=(97, 97))
    (bias,) = (w for w in model.get_layer("convlstm_sub1").weights if w.name == "bias")
    i, f, j, o = np.split(np.asarray(bias.value), 4)
    assert np.all(f == 1)
    assert not np.any([i, j, o])


@pytest.mark.parametrize("seed", [None, 3])
def test_two_draws_differ(seed):
    draw = PackedGlorotUniform(seed)
    assert not np.array_equal(draw((3, 3, 4, 8)), draw((3, 3, 4, 8)))


def test_draws_repeat_under_a_global_seed():
    def draws():
        keras.utils.set_random_seed(5)
        return [PackedGlorotUniform()((3, 3, 4, 8)) for _ in range(2)]

    first, second = draws(), draws()
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(*first)


def test_draws_repeat_for_one_seed():
    np.testing.assert_array_equal(
        PackedGlorotUniform(7)((3, 3, 4, 8)), PackedGlorotUniform(7)((3, 3, 4, 8))
    )


@pytest.mark.parametrize("kind", LAYERS)
def test_layer_with_it_is_rebuilt_from_its_config(kind):
    layer = LAYERS[kind](4, 3, kernel_initializer=PackedGlorotUniform(9))
    again = type(layer).from_config(layer.get_config())
    assert isinstance(again.cell.kernel_initializer, PackedGlorotUniform)
    assert again.cell.kernel_initializer.seed == 9
