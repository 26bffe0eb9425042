import functools
import logging

import icnet_reference
import keras
import numpy as np
import pytest
import reference
from published_files import (
    CELL_KERNELS,
    CHANNELS,
    TAPS,
    Python2Pickler,
    cell_variables,
    hellochick_layers,
    icnet_layers,
    icnet_variables,
    optimiser_variables,
    write_checkpoint,
    write_npy,
)
from random_icnet import new_random_network, random_images
from random_layers import named_weights, scaled_error

from data.datasets.open_dataset import DATASETS
from data.readers import virtual_kitti
from data.videos.video import Frame, Video
from experiments.training.loop import train
from experiments.training.settings import Training
from lstm_icnet import CELLS, build_icnet, build_lstm_icnet
from lstm_icnet.network.settings import CITYSCAPES_MEAN_RGB
from lstm_icnet.weights.initial_weights import copy_weights, read_weights
from lstm_icnet.weights.published_weights import VIRTUAL_KITTI_MEAN_RGB

HEADS = {"conv6_cls", "sub24_out", "sub4_out"}
SIZE = (97, 97)


@pytest.fixture(scope="module")
def layers():
    """ICNet's weights under the names of Keras."""
    return icnet_layers(np.random.default_rng(0))


@pytest.fixture(scope="module")
def npy_file(layers, tmp_path_factory):
    """hellochick's file, as Python 2 wrote it."""
    file = tmp_path_factory.mktemp("npy") / "icnet_cityscapes_train_30k_bnnomerge.npy"
    return write_npy(file, hellochick_layers(layers), Python2Pickler)


@pytest.fixture(scope="module")
def icnet_checkpoint(layers, tmp_path_factory):
    """The authors' ICNet with what MomentumOptimizer keeps."""
    variables = icnet_variables(layers)
    variables |= optimiser_variables(variables, ["Momentum"])
    return write_checkpoint(tmp_path_factory.mktemp("icnet"), variables)


@pytest.fixture(scope="module")
def v6_checkpoint(layers, tmp_path_factory):
    """A function: the variables and prefix of the authors' v6 with cells of a kind."""

    @functools.cache
    def write(kind):
        rng = np.random.default_rng(1)
        cells = {}
        for tap in TAPS:
            cells |= cell_variables(rng, kind, tap)
        slots = optimiser_variables(cells, ["Adam", "Adam_1"])
        variables = icnet_variables(layers) | cells
        folder = tmp_path_factory.mktemp(kind)
        return variables, write_checkpoint(folder, variables | slots, step=7)

    return write


@pytest.fixture(scope="module")
def icnet():
    """An ICNet of 19 classes to copy into; earlier tests may have changed it."""
    return build_icnet(19, SIZE)


@functools.cache
def v6(kind):
    """A v6 of 19 classes to copy into; earlier tests may have changed it."""
    return build_lstm_icnet(6, kind, 19, SIZE, num_frames=2)


def assert_layers_equal(model, layers):
    for layer, weights in layers.items():
        for weight in model.get_layer(layer).weights:
            np.testing.assert_array_equal(weight, weights[weight.name], weight.path)


def authors_convolution(x, packed, channels, gate):
    """`x` with its channels and its gate's columns of the packed kernels."""
    rows = slice(*channels)
    for name, kernel in packed.items():
        width = kernel.shape[-1] // 4
        part = kernel[:, :, rows, gate * width : (gate + 1) * width]
        if name == "kernel_depth":
            x = reference.slide(x, part[..., 0], np.multiply)
        else:
            x = reference.slide(x, part, np.matmul)
    return x


def authors_step(kind, variables, x, c, h):
    """The authors' cell: [x, h] in, gates i, j, f, o, forget bias at run time."""
    packed = {name: np.float64(variables[name]) for name in CELL_KERNELS[kind]}
    i, j, f, o = (
        authors_convolution(x, packed, (0, CHANNELS), gate)
        + authors_convolution(h, packed, (CHANNELS, 2 * CHANNELS), gate)
        + variables["biases"][gate * CHANNELS : (gate + 1) * CHANNELS]
        for gate in range(4)
    )
    c = c * reference.sigmoid(f + 1.0) + reference.sigmoid(i) * np.tanh(j)
    return np.tanh(c) * reference.sigmoid(o), c


@pytest.mark.parametrize("kind", CELLS)
def test_an_imported_lstm_icnet_has_all_weights_and_computes_the_authors_cell(
    kind, v6_checkpoint, layers, rng
):
    variables, prefix = v6_checkpoint(kind)
    model = v6(kind)
    report = copy_weights(read_weights(prefix), model)
    assert str(report) == "134 of 134 layers loaded"  # ICNet's 129, 4 cells, a norm
    norm = ("gamma", "beta", "moving_mean", "moving_variance")
    new = {name: variables[f"convlstm6_cls_bn/{name}"] for name in norm}
    assert_layers_equal(model, layers | {"convlstm_sub12_bn": new})
    x, h, c = rng.standard_normal((3, 3, 4, CHANNELS))
    for tap, name in TAPS.items():
        scope = f"{name}/rnn/{name}/"
        own = {v.removeprefix(scope): a for v, a in variables.items() if scope in v}
        expected = authors_step(kind, own, x, c, h)
        cell = model.get_layer(f"convlstm_{tap}").cell
        _, states = cell(x[None], [h[None], c[None]])
        for state, value in zip(states, expected, strict=True):
            assert scaled_error(state[0], value) < 1e-5  # float32


@pytest.mark.parametrize("form", ["npy_file", "icnet_checkpoint"])
def test_all_of_icnet_is_loaded_from_either_format(form, layers, request, rng):
    model = build_icnet(19, SIZE)
    report = copy_weights(read_weights(request.getfixturevalue(form)), model)
    assert len(report.loaded) == 129
    assert not report.initial and not report.unused
    assert_layers_equal(model, layers)


def test_the_imported_network_computes_what_the_file_says(rng, tmp_path):
    source = new_random_network(None, None, num_classes=19)  # ordinary activations
    weights = {
        layer.name: named_weights(layer) for layer in source.layers if layer.weights
    }
    layers = {
        layer: {name: np.float32(value) for name, value in given.items()}
        for layer, given in weights.items()
    }
    given = read_weights(write_npy(tmp_path / "icnet.npy", hellochick_layers(layers)))
    model = build_icnet(19, SIZE, mean_rgb=given.mean_rgb)
    copy_weights(given, model)
    images = random_images(model, rng)
    expected = icnet_reference.Network(weights, None, None).logits(
        images, (123.68, 116.779, 103.939)
    )
    logits = model(images, training=False)
    for head, value in expected.items():
        assert scaled_error(logits[head][0], value) < 2e-5  # sixty layers of float32


def test_batch_normalisation_may_have_the_names_of_keras(layers, tmp_path):
    conversion = {
        layer: weights if layer.endswith("_bn") else hellochick[layer]
        for hellochick in [hellochick_layers(layers)]
        for layer, weights in layers.items()
    }
    np.save(tmp_path / "icnet.npy", conversion)
    model = build_icnet(19, SIZE)
    copy_weights(read_weights(tmp_path / "icnet.npy"), model)
    assert_layers_equal(model, layers)


def test_lstm_icnet_starts_from_a_published_icnet(icnet_checkpoint, layers):
    model = build_lstm_icnet(6, "depthwise", 11, SIZE, num_frames=2)
    before = {layer: named_weights(model.get_layer(layer)) for layer in HEADS}
    report = copy_weights(read_weights(icnet_checkpoint), model)
    cells = {f"convlstm_{tap}" for tap in TAPS} | {"convlstm_sub12_bn"}
    assert report.initial == {
        **dict.fromkeys(cells, "the source has no such layer"),
        **dict.fromkeys(HEADS, "the source has 19 classes, not 11"),
    }
    trunk = {name: layers[name] for name in layers.keys() - HEADS}
    assert_layers_equal(model, trunk | before)


def test_icnet_leaves_the_cells_of_a_checkpoint_unused(v6_checkpoint, icnet):
    _, prefix = v6_checkpoint("spatial")
    report = copy_weights(read_weights(prefix), icnet)
    assert len(report.loaded) == 129
    unused = {f"convlstm_{tap}" for tap in TAPS} | {"convlstm_sub12_bn"}
    assert set(report.unused) == unused
    line = "convlstm_sub12 of the source is not used: the network has no such layer"
    assert line in str(report).splitlines()


@pytest.mark.parametrize(
    "there, here", [("spatial", "standard"), ("separable", "depthwise")]
)
def test_a_cell_of_another_kind_is_refused_at_every_tap(there, here, v6_checkpoint):
    _, prefix = v6_checkpoint(there)
    with pytest.raises(ValueError, match="do not fit lstm_icnet_v6") as error:
        copy_weights(read_weights(prefix), v6(here))
    for tap in TAPS:
        assert f"convlstm_{tap} is a {there} cell, not a {here} one" in str(error.value)
    assert prefix in str(error.value)


def test_the_norm_that_the_authors_forget_may_be_missing(layers, tmp_path):
    lacking = {k: v for k, v in layers.items() if k != "conv2_1_1x1_increase_bn"}
    file = write_npy(tmp_path / "icnet.npy", hellochick_layers(lacking))
    model = build_icnet(19, SIZE)
    report = copy_weights(read_weights(file), model)
    why = "the source has no such layer, and a new one does not change predictions"
    assert report.initial == {"conv2_1_1x1_increase_bn": why}
    norm = model.get_layer("conv2_1_1x1_increase_bn")
    x = np.random.default_rng(0).standard_normal((1, 2, 2, 128))
    assert scaled_error(norm(x, training=False), x) < 1e-5  # its epsilon


def test_auxiliary_heads_may_be_missing(layers, icnet, tmp_path):
    inference_only = {k: v for k, v in layers.items() if not k.endswith("_out")}
    file = write_npy(tmp_path / "icnet.npy", hellochick_layers(inference_only))
    report = copy_weights(read_weights(file), icnet)
    why = "the source has no such auxiliary head"
    assert report.initial == {"sub24_out": why, "sub4_out": why}


def test_all_that_does_not_fit_is_listed_and_nothing_is_changed(
    layers, icnet, tmp_path
):
    wrong = hellochick_layers(layers)
    del wrong["conv3_3_3x3"], wrong["conv6_cls"], wrong["conv1_sub1_bn"]["offset"]
    wrong["conv_sub2"]["weights"] = np.zeros((3, 3, 128, 64))
    wrong["conv_sub4_bn"]["scale"] = np.zeros((1, 1, 1, 128))
    wrong["sub4_out"]["biases"] = np.zeros(20)
    wrong["conv2_sub1_bn"]["renorm"] = np.zeros(32)
    before = {
        layer.name: named_weights(layer) for layer in icnet.layers if layer.weights
    }
    with pytest.raises(
        ValueError, match=r"^The weights of .*icnet\.npy do not"
    ) as error:
        copy_weights(read_weights(write_npy(tmp_path / "icnet.npy", wrong)), icnet)
    listed = str(error.value).partition("do not fit icnet: ")[2].split("; ")
    assert sorted(listed) == [
        "bias of sub4_out is (20,) instead of (19,)",
        "conv1_sub1_bn has no beta",
        "conv2_sub1_bn has a renorm too many",
        "conv3_3_3x3 is missing",
        "conv6_cls is missing",
        "gamma of conv_sub4_bn is (1, 1, 1, 128) instead of (128,)",
        "kernel of conv_sub2 is (3, 3, 128, 64) instead of (3, 3, 128, 128)",
    ]
    assert_layers_equal(icnet, before)


def test_a_misshapen_cell_is_listed_with_the_rest(v6_checkpoint, tmp_path):
    variables = {
        name: array
        for name, array in v6_checkpoint("separable")[0].items()
        if name.startswith("convlstm")
    }
    scope = "convlstm6_cls/rnn/convlstm6_cls"
    variables[f"{scope}/kernel_depth"] = np.zeros((3, 3, 255, 4), "float32")
    variables[f"{scope}/kernel_sep"] = np.zeros((256, 512), "float32")
    variables[f"{scope}/biases"] = np.zeros(510, "float32")
    del variables["convlstm3_sub1/rnn/convlstm3_sub1/biases"]
    write_checkpoint(tmp_path, variables)
    with pytest.raises(ValueError, match="do not fit lstm_icnet_v6: ") as error:
        copy_weights(read_weights(tmp_path), v6("separable"))
    for fault in (
        "convlstm_sub1 has no bias",
        "bias of convlstm_sub12 is (510,) instead of (512,)",
        "recurrent_depthwise_kernel of convlstm_sub12 is (3, 3, 127, 4) instead of",
        "convlstm_sub12 has no pointwise_kernel",
        "convlstm_sub12 has a kernel_sep too many",
    ):
        assert fault in str(error.value)


def test_weights_without_their_batch_normalisation_are_refused(layers, icnet, tmp_path):
    merged = {
        layer: {"weights": weights["kernel"], "biases": np.zeros(1)}
        for layer, weights in layers.items()
        if "kernel" in weights
    }
    file = write_npy(tmp_path / "icnet_cityscapes_train_30k.npy", merged)
    with pytest.raises(ValueError, match=r"folded into the convolutions; .*bnnomerge"):
        copy_weights(read_weights(file), icnet)


def test_a_checkpoint_of_something_else_is_refused(icnet, tmp_path):
    write_checkpoint(tmp_path, {"dense/kernel": np.zeros(3, "float32")})
    with pytest.raises(ValueError, match=r"model\.ckpt-0 has no layer of icnet; "):
        copy_weights(read_weights(tmp_path), icnet)


@pytest.mark.parametrize(
    "num_classes, mean_rgb",
    [(19, CITYSCAPES_MEAN_RGB), (14, VIRTUAL_KITTI_MEAN_RGB), (11, None)],
)
def test_the_mean_colour_follows_the_data_set_trained_on(
    num_classes, mean_rgb, rng, tmp_path
):
    heads = {
        "conv6_cls/weights": np.zeros((1, 1, 128, num_classes), "float32"),
        "conv6_cls/biases": np.zeros(num_classes, "float32"),
    }
    write_checkpoint(tmp_path, heads)
    assert read_weights(tmp_path).mean_rgb == mean_rgb


def test_the_mean_colours_are_those_of_the_data_sets(npy_file):
    assert virtual_kitti.INFO.mean_rgb == VIRTUAL_KITTI_MEAN_RGB
    assert read_weights(npy_file).mean_rgb == (123.68, 116.779, 103.939)


def packed_by_the_authors(weights):
    """A separable cell's weights as the authors': [x, h] joined, gates i, j, f, o."""

    def their_order(array):
        i, f, j, o = np.split(array, 4, axis=-1)
        return np.concatenate([i, j, f, o], axis=-1)

    packed = {
        theirs: np.concatenate([weights[ours], weights[f"recurrent_{ours}"]], axis=2)
        for ours, theirs in [
            ("depthwise_kernel", "kernel_depth"),
            ("pointwise_kernel", "kernel_sep"),
        ]
    }
    forget = np.repeat([0.0, 1.0, 0.0, 0.0], CHANNELS)
    packed["biases"] = weights["bias"] - forget
    return {name: their_order(array) for name, array in packed.items()}


def test_importing_what_was_exported_gives_the_same_weights(tmp_path):
    source = new_random_network(5, "separable")
    exported = {}
    for layer in source.layers:
        weights = named_weights(layer)
        name = layer.name.removeprefix("convlstm_")
        if name in TAPS:
            scope = f"{TAPS[name]}/rnn/{TAPS[name]}"
            for variable, array in packed_by_the_authors(weights).items():
                exported[f"{scope}/{variable}"] = array
        else:
            exported |= icnet_variables({layer.name: weights})
    exported = {name: np.float32(array) for name, array in exported.items()}
    write_checkpoint(tmp_path, exported)
    target = build_lstm_icnet(5, "separable", source.num_classes, SIZE)
    copy_weights(read_weights(tmp_path), target)
    for ours, theirs in zip(source.weights, target.weights, strict=True):
        # The forget bias is rounded once more on its way.
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-7, err_msg=ours.path)


def test_training_starts_from_a_published_file_with_its_mean_colour(
    npy_file, layers, tmp_path, caplog, monkeypatch
):
    last = tmp_path / "last.keras"
    monkeypatch.setattr(keras.Model, "fit", lambda *_, **__: last.touch())
    frames = tuple(Frame(image="", label="", number=number) for number in range(4))
    training = Training(
        model="lstm_icnet_v2",
        cell="separable",
        workdir=str(tmp_path),
        image_size=SIZE,
        num_frames=4,
        steps=1,
        init_from=str(npy_file),
    )
    video = Video(name="drive", frames=frames, spacing=1, label_encoding=None)
    with caplog.at_level(logging.INFO, logger="absl"):
        model = train(training, DATASETS["camvid"], [video])
    assert model.mean_rgb == (123.68, 116.779, 103.939)
    assert_layers_equal(model, {name: layers[name] for name in layers.keys() - HEADS})
    assert f"Weights from {npy_file}: 126 of 131 layers loaded\n" in caplog.text
    assert (
        "conv6_cls keeps its initial weights: the source has 19 classes, not 11"
        in caplog.text
    )
    assert "Mean colour (RGB) (123.68, 116.779, 103.939)" in caplog.text
