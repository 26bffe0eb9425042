import icnet_reference
import keras
import numpy as np
import pytest
import tensorflow as tf
from random_layers import scaled_error

from lstm_icnet.network.image_layers import ResizeBilinear, shrunk, zoomed

# Input and output sizes: those in the network, and unusual ones.
SIZES = [
    ((7, 9), (13, 17)),
    ((13, 17), (7, 9)),
    ((15, 31), (16, 32)),
    ((1, 1), (4, 5)),
    ((1, 3), (4, 6)),
    ((3, 2), (20, 31)),
    ((4, 5), (1, 1)),
    ((5, 4), (1, 7)),
    ((6, 4), (5, 4)),
]


@pytest.fixture(params=["kernel", "any backend"])
def resize(request):
    """The layer as TensorFlow runs it, and as all other backends do."""

    def run(size, align_corners, x):
        layer = ResizeBilinear(size, align_corners)
        x = keras.ops.convert_to_tensor(x)
        return layer(x) if request.param == "kernel" else layer._mix_neighbours(x)

    return run


@pytest.mark.parametrize("align_corners", [True, False], ids=["aligned", "points"])
@pytest.mark.parametrize("source, target", SIZES)
def test_resize_equals_the_reference(resize, source, target, align_corners, rng):
    x = rng.standard_normal((2, *source, 3))
    expected = icnet_reference.resize(x, target, align_corners)
    result = resize(target, align_corners, x.astype("float32"))
    # The kernel's positions are float32, which shows where x is steep.
    assert scaled_error(result, expected) < 5e-6


def test_corners_are_kept_where_they_are_aligned(resize, rng):
    x = rng.standard_normal((1, 5, 6, 2)).astype("float32")
    result = np.asarray(resize((9, 11), True, x))
    np.testing.assert_allclose(result[:, ::2, ::2], x, atol=1e-6)
    between = (x[:, :-1] + x[:, 1:]) / 2
    np.testing.assert_allclose(result[:, 1::2, ::2], between, atol=1e-6)


@pytest.mark.parametrize("align_corners", [True, False], ids=["aligned", "points"])
def test_gradient_is_the_transpose(resize, align_corners, rng):
    x = tf.constant(rng.standard_normal((1, 4, 5, 1)).astype("float32"))
    y = rng.standard_normal((1, 7, 9, 1)).astype("float32")
    with tf.GradientTape() as tape:
        tape.watch(x)
        product = tf.reduce_sum(resize((7, 9), align_corners, x) * y)
    gradient = tape.gradient(product, x).numpy()
    pixels = np.eye(20).reshape(20, 4, 5, 1)
    expected = icnet_reference.resize(pixels, (7, 9), align_corners) * y
    np.testing.assert_allclose(gradient.ravel(), expected.sum((1, 2, 3)), atol=1e-5)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_resize_keeps_the_dtype(dtype):
    layer = ResizeBilinear((5, 5), dtype=dtype)
    assert layer(keras.ops.ones((1, 3, 3, 2), dtype)).dtype == dtype
    assert layer._mix_neighbours(keras.ops.ones((1, 3, 3, 2), dtype)).dtype == dtype


def test_symbolic_shape_is_the_real_one():
    layer = ResizeBilinear((5, 7))
    assert layer(keras.Input((3, 4, 2))).shape == (None, 5, 7, 2)
    assert layer(np.ones((6, 3, 4, 2), "float32")).shape == (6, 5, 7, 2)


def test_layer_is_rebuilt_from_its_config():
    layer = ResizeBilinear((5, 7), align_corners=False, name="fuse")
    again = ResizeBilinear.from_config(layer.get_config())
    assert (again.size, again.align_corners, again.name) == ((5, 7), False, "fuse")


def test_sizes_are_those_of_caffes_interp():
    # Table: 1024 to 512, 1025 to 513, 375 to 188, 1242 to 621.
    assert shrunk((1024, 1025)) == (512, 513)
    assert shrunk((375, 1242)) == (188, 621)
    # 32x64 to 63x127, 12x39 to 23x77.
    assert zoomed((32, 64)) == (63, 127)
    assert zoomed((12, 39)) == (23, 77)
