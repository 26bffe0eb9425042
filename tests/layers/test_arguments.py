"""Arguments: the same as Keras', refused out of range, kept by the config."""

import inspect

import keras
import numpy as np
import pytest
from random_layers import KINDS

from layers import CELLS, LAYERS

EVERYTHING = dict(
    strides=(2, 1),
    padding="same",
    data_format="channels_first",
    dilation_rate=1,
    activation="relu",
    recurrent_activation="hard_sigmoid",
    use_bias=True,
    kernel_initializer="he_normal",
    recurrent_initializer="glorot_normal",
    bias_initializer="ones",
    unit_forget_bias=False,
    kernel_regularizer=keras.regularizers.L2(1e-3),
    recurrent_regularizer=keras.regularizers.L1(1e-3),
    bias_regularizer=keras.regularizers.L2(1e-4),
    kernel_constraint=keras.constraints.MaxNorm(3.0),
    recurrent_constraint=keras.constraints.NonNeg(),
    bias_constraint=keras.constraints.NonNeg(),
    dropout=0.25,
    recurrent_dropout=0.5,
    seed=7,
    peephole=True,
)
OF_THE_LAYER = dict(
    return_sequences=True,
    return_state=True,
    go_backwards=True,
    stateful=True,
    unroll=True,
    zero_output_for_mask=True,
    activity_regularizer=keras.regularizers.L2(1e-2),
)


def kernels(layer, recurrent):
    return [
        w
        for w in layer.weights
        if "kernel" in w.name and w.name.startswith("recurrent_") == recurrent
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_defaults_are_those_of_keras(kind):
    theirs = keras.layers.ConvLSTM2D(4, 3).get_config()
    ours = LAYERS[kind](4, 3).get_config()
    for config in (theirs, ours):
        del config["name"]
        for name in ("kernel_initializer", "recurrent_initializer"):
            config[name]["config"].pop("seed")
    assert ours.pop("peephole") is False
    assert ours.pop("activity_regularizer", None) is None
    assert theirs.pop("activity_regularizer", None) is None
    assert ours == theirs


@pytest.mark.parametrize("kind", KINDS)
def test_positional_arguments_are_those_of_keras(kind):
    theirs = inspect.signature(keras.layers.ConvLSTM2D).parameters
    ours = inspect.signature(CELLS[kind]).parameters
    names = [name for name in ours if name not in ("peephole", "kwargs")]
    expected = [name for name in theirs if name in ours and name != "kwargs"]
    assert names == expected
    layer = LAYERS[kind](4, (3, 5), 2, "same", "channels_last", 1, "relu")
    assert layer.cell.activation is keras.activations.relu
    assert layer.cell.strides == (2, 2)


@pytest.mark.parametrize("kind", KINDS)
def test_every_argument_survives_the_config(kind):
    layer = LAYERS[kind](4, (3, 5), **EVERYTHING, **OF_THE_LAYER, dtype="float64")
    config = layer.get_config()
    again = LAYERS[kind].from_config(config)
    assert again.get_config() == config
    for name in (*EVERYTHING, "filters", "kernel_size"):
        assert name in config
    assert {name: config[name] for name in ("seed", "dropout")} == dict(
        seed=7, dropout=0.25
    )
    for name in OF_THE_LAYER:
        assert name in config
    assert again.cell.kernel_constraint.max_value == 3.0
    assert again.cell.compute_dtype == "float64"


@pytest.mark.parametrize("kind", KINDS)
def test_cell_rebuilds_from_its_serialised_form(kind):
    cell = CELLS[kind](4, (3, 5), **EVERYTHING, name="memory")
    form = keras.saving.serialize_keras_object(cell)
    again = keras.saving.deserialize_keras_object(form)
    assert type(again) is CELLS[kind]
    assert again.get_config() == cell.get_config()


@pytest.mark.parametrize("kind", KINDS)
def test_layers_and_cells_are_registered_as_lstm_icnet(kind):
    for cls in (LAYERS[kind], CELLS[kind]):
        name = keras.saving.get_registered_name(cls)
        assert name == f"lstm_icnet>{cls.__name__}"


@pytest.mark.parametrize("kind", KINDS)
def test_regularizer_and_constraint_reach_every_kernel(kind):
    layer = LAYERS[kind](
        2,
        3,
        kernel_regularizer=keras.regularizers.L2(0.5),
        recurrent_regularizer=keras.regularizers.L2(2.0),
        bias_regularizer=keras.regularizers.L1(3.0),
        kernel_constraint=keras.constraints.NonNeg(),
        recurrent_constraint=keras.constraints.UnitNorm(),
    )
    layer.build((1, 2, 4, 4, 2))
    bias = next(w for w in layer.weights if w.name == "bias")

    def square(weights):
        return sum(float(np.sum(np.square(w.numpy()))) for w in weights)

    expected = (
        0.5 * square(kernels(layer, recurrent=False))
        + 2.0 * square(kernels(layer, recurrent=True))
        + 3.0 * float(np.sum(np.abs(bias.numpy())))
    )
    assert float(sum(layer.losses)) == pytest.approx(expected, rel=1e-5)
    for weight in kernels(layer, recurrent=False):
        assert isinstance(weight.constraint, keras.constraints.NonNeg)
    for weight in kernels(layer, recurrent=True):
        assert isinstance(weight.constraint, keras.constraints.UnitNorm)


@pytest.mark.parametrize("kind", KINDS)
def test_initializers_reach_every_kernel_and_the_bias(kind):
    layer = LAYERS[kind](
        3,
        3,
        kernel_initializer=keras.initializers.Constant(2.0),
        recurrent_initializer=keras.initializers.Constant(3.0),
        bias_initializer=keras.initializers.Constant(4.0),
        peephole=True,
    )
    layer.build((1, 2, 4, 4, 3))
    for weight in kernels(layer, recurrent=False):
        assert np.all(weight.numpy() == 2.0)
    for weight in kernels(layer, recurrent=True):
        assert np.all(weight.numpy() == 3.0)
    cell = layer.cell
    np.testing.assert_array_equal(cell.bias, np.repeat([4.0, 1.0, 4.0, 4.0], 3))
    for weight in (cell.peephole_i, cell.peephole_f, cell.peephole_o):
        assert not np.any(weight.numpy())


@pytest.mark.parametrize("kind", ["spatial", "separable"])
def test_kernels_of_one_initializer_start_with_different_numbers(kind):
    layer = LAYERS[kind](4, 3, kernel_initializer=keras.initializers.RandomNormal())
    layer.build((1, 2, 4, 4, 4))
    first, second = kernels(layer, recurrent=False)
    size = min(first.numpy().size, second.numpy().size)
    assert not np.allclose(first.numpy().ravel()[:size], second.numpy().ravel()[:size])


@pytest.mark.parametrize("kind", KINDS)
def test_weights_have_the_names_and_shapes_of_the_design(kind):
    layer = LAYERS[kind](6, (3, 5), peephole=True, name="memory")
    channels = 6 if kind == "depthwise" else 4
    layer.build((1, 2, 8, 8, channels))

    def input_shapes(channels):
        return {
            "standard": {"kernel": (3, 5, channels, 24)},
            "spatial": {
                "vertical_kernel": (3, 1, channels, 24),
                "horizontal_kernel": (1, 5, 6, 24),
            },
            "depthwise": {"depthwise_kernel": (3, 5, channels, 4)},
            "separable": {
                "depthwise_kernel": (3, 5, channels, 4),
                "pointwise_kernel": (1, 1, channels, 24),
            },
        }[kind]

    expected = input_shapes(channels)
    expected |= {f"recurrent_{name}": shape for name, shape in input_shapes(6).items()}
    expected |= {"bias": (24,)}
    expected |= {name: (6,) for name in ("peephole_i", "peephole_f", "peephole_o")}
    assert {w.name: w.shape for w in layer.weights} == expected
    assert list(expected) == [w.name for w in layer.weights]
    for weight in layer.weights:
        assert weight.path == f"memory/memory_cell/{weight.name}"
        assert getattr(layer.cell, weight.name) is weight


REFUSED = [
    (dict(filters=0), ValueError, r"`filters` must be at least 1.*filters=0"),
    (dict(filters=2.5), TypeError, r"`filters` must be an integer.*filters=2.5"),
    (dict(filters=True), TypeError, "`filters` must be an integer"),
    (dict(kernel_size=0), ValueError, "`kernel_size` must be at least 1"),
    (dict(kernel_size=(3, 3, 3)), ValueError, r"`kernel_size`.*\(3, 3, 3\)"),
    (dict(kernel_size="3"), TypeError, "`kernel_size` must be an integer"),
    (dict(strides=0), ValueError, "`strides` must be at least 1"),
    (dict(strides=(1, -1)), ValueError, "`strides` must be at least 1"),
    (dict(dilation_rate=0), ValueError, "`dilation_rate` must be at least 1"),
    (dict(padding="full"), ValueError, "`padding` must be one of valid, same.*full"),
    (dict(padding=1), ValueError, "`padding` must be one of valid, same"),
    (dict(data_format="NHWC"), ValueError, "`data_format` must be one of.*NHWC"),
    (dict(dropout=7), ValueError, r"`dropout` must be in \[0, 1\).*dropout=7"),
    (dict(dropout=1.0), ValueError, r"`dropout` must be in \[0, 1\)"),
    (dict(dropout=float("nan")), ValueError, r"`dropout` must be in \[0, 1\)"),
    (dict(recurrent_dropout=-0.1), ValueError, "`recurrent_dropout` must be in"),
    (dict(dropout="half"), TypeError, "`dropout` must be a number.*half"),
    (
        dict(strides=2, dilation_rate=3),
        ValueError,
        "`strides > 1` is not compatible with `dilation_rate > 1`",
    ),
    (dict(activation="no such function"), ValueError, "no such function"),
    (dict(no_such_argument=1), ValueError, "no_such_argument"),
]


@pytest.mark.parametrize("arguments, error, message", REFUSED)
@pytest.mark.parametrize("kind", KINDS)
def test_argument_out_of_range_is_refused(kind, arguments, error, message):
    arguments = dict(filters=4, kernel_size=3) | arguments
    for cls in (LAYERS[kind], CELLS[kind]):
        with pytest.raises(error, match=message):
            cls(**arguments)


@pytest.mark.parametrize("kind", KINDS)
def test_numpy_integers_and_capitals_are_accepted(kind):
    cell = LAYERS[kind](np.int64(4), [np.int32(3), 5], padding="SAME").cell
    assert (cell.filters, cell.kernel_size, cell.padding) == (4, (3, 5), "same")


@pytest.mark.parametrize("size", [(4, 9), (9, 4), (None, 2)])
@pytest.mark.parametrize("kind", KINDS)
def test_image_smaller_than_the_kernel_is_refused(kind, size):
    layer = LAYERS[kind](4, 3, dilation_rate=2)
    with pytest.raises(
        ValueError, match=r"as large as the kernel.*kernel_size=\(3, 3\)"
    ):
        layer(keras.Input((2, *size, 4)))


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_channels_are_refused(kind):
    with pytest.raises(ValueError, match=r"channel axis must be static.*None"):
        LAYERS[kind](4, 3)(keras.Input((2, 8, 8, None)))


def test_depthwise_refuses_other_channels_than_filters():
    with pytest.raises(ValueError, match=r"channels=3, filters=4"):
        LAYERS["depthwise"](4, 3)(keras.Input((2, 8, 8, 3)))


@pytest.mark.parametrize("shape", [(8, 8, 4), (2, 2, 8, 8, 4, 1), (2, 2, 8, 8, 3)])
@pytest.mark.parametrize("kind", KINDS)
def test_built_layer_refuses_another_rank_or_channel_count(kind, shape):
    layer = LAYERS[kind](4, 3)
    layer.build((2, 2, 8, 8, 4))
    with pytest.raises(ValueError, match="incompatible with the layer"):
        layer(np.zeros(shape, "float32"))


@pytest.mark.parametrize("size", [(None, 8), (8, None)])
@pytest.mark.parametrize("kind", KINDS)
def test_stateful_layer_refuses_an_unknown_size(kind, size):
    with pytest.raises(ValueError, match="`height` and `width`"):
        LAYERS[kind](4, 3, stateful=True)(keras.Input((2, *size, 4), batch_size=1))


@pytest.mark.parametrize("kind", KINDS)
def test_stateful_layer_refuses_an_unknown_batch_size(kind):
    with pytest.raises(ValueError, match="batch size must be static"):
        LAYERS[kind](4, 3, stateful=True)(keras.Input((2, 8, 8, 4)))


@pytest.mark.parametrize("kind", KINDS)
def test_stateful_layer_refuses_another_batch_or_image_size(kind):
    layer = LAYERS[kind](4, 3, stateful=True)
    layer(np.zeros((2, 2, 8, 8, 4), "float32"))
    with pytest.raises(ValueError, match=r"batch size of 2.*batch_size=4"):
        layer(np.zeros((4, 1, 8, 8, 4), "float32"))
    with pytest.raises(ValueError, match="incompatible with the layer"):
        layer(np.zeros((2, 2, 8, 9, 4), "float32"))


@pytest.mark.parametrize("kind", KINDS)
def test_state_needs_a_size_where_the_cell_has_none(kind):
    cell = CELLS[kind](4, 3, padding="same")
    cell.build((None, None, None, 4))
    with pytest.raises(ValueError, match=r"`height` and `width`.*height=None"):
        cell.get_initial_state(1)
    h, c = cell.get_initial_state(2, 5, 6)
    assert h.shape == c.shape == (2, 5, 6, 4)


@pytest.mark.parametrize("kind", KINDS)
def test_unrolling_an_unknown_number_of_steps_is_refused(kind):
    layer = LAYERS[kind](4, 3, unroll=True)
    model = keras.Sequential([keras.Input((None, 8, 8, 4)), layer])
    with pytest.raises(ValueError, match="time dimension is undefined"):
        model.export("never written", verbose=False)
