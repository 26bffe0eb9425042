"""Sizes, names, arguments and files of the networks; other modules test the logits."""

import icnet_reference
import keras
import numpy as np
import pytest
from random_icnet import (
    CLASSES,
    NETWORKS,
    PALETTE,
    new_random_network,
    random_images,
    random_network,
    weights_by_layer,
)
from random_layers import scaled_error

from lstm_icnet import ICNet, build_icnet, build_lstm_icnet
from lstm_icnet.network.icnet import HEADS

CAFFE_MEAN_RGB = (123.68, 116.779, 103.939)
RECURRENT = [name for name in NETWORKS if name != "icnet"]


def head_sizes(model):
    return {head: logits.shape[1:3] for head, logits in model.output.items()}


@pytest.mark.parametrize("column, image_size", enumerate([(1024, 2048), (375, 1242)]))
def test_every_convolution_and_head_has_the_size_of_the_table(column, image_size):
    model = build_icnet(num_classes=2, image_size=image_size)
    for name, row in icnet_reference.CONVOLUTIONS.items():
        assert model.get_layer(name).output.shape[1:3] == row["sizes"][column], name


@pytest.mark.parametrize(
    "image_size, main, sub24, sub4",
    [
        ((360, 480), (89, 119), (45, 59), (23, 29)),
        ((97, 97), (25, 25), (13, 13), (7, 7)),
        ((101, 223), (25, 55), (13, 27), (7, 13)),
    ],
)
def test_heads_have_their_sizes_by_the_rules_of_the_table(
    image_size, main, sub24, sub4
):
    # conv6_cls at twice an eighth less one, sub24_out at a sixteenth, and so on.
    model = build_icnet(num_classes=2, image_size=image_size)
    assert head_sizes(model) == {"main": main, "sub24": sub24, "sub4": sub4}


@pytest.mark.parametrize(
    "image_size, sub4, sub2, sub1, sub12",
    [
        ((1024, 2048), (63, 127), (64, 128), (128, 256), (128, 256)),
        ((375, 1242), (23, 77), (24, 78), (47, 156), (47, 156)),
    ],
)
def test_cells_have_the_sizes_of_the_table(image_size, sub4, sub2, sub1, sub12):
    model = build_lstm_icnet(6, "depthwise", num_classes=2, image_size=image_size)
    sizes = {"sub4": sub4, "sub2": sub2, "sub1": sub1, "sub12": sub12}
    for name, shape in model.state_shapes().items():
        assert shape == (*sizes[name.split("_")[1]], 128)


@pytest.mark.parametrize("name", RECURRENT)
def test_recurrent_layers_stand_at_the_taps_of_the_version(name):
    version, _, _ = NETWORKS[name]
    expected = {f"convlstm_{tap}" for tap in icnet_reference.TAPS[version]}
    if version in (2, 6):
        expected.add("convlstm_sub12_bn")
    names = {layer.name for layer in random_network(name).layers if layer.weights}
    assert {name for name in names if name.startswith("convlstm_")} == expected


def test_batch_norms_have_the_authors_momentum_and_epsilon():
    norms = [
        layer
        for layer in random_network("v6 separable").layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert len(norms) == 63 + 1  # one behind the cell at sub12
    assert all(n.momentum == 0.95 and n.epsilon == 1e-5 for n in norms)


@pytest.fixture(scope="module")
def decaying_network():
    return new_random_network(
        1,
        "spatial",
        (97, 113),
        mean_rgb=CAFFE_MEAN_RGB,
        peephole=True,
        weight_decay=1e-2,
    )


def test_weight_decay_is_half_the_squares_of_convolution_and_cell_kernels(
    decaying_network,
):
    model = decaying_network
    squares = sum(
        np.square(value).sum()
        for weights in weights_by_layer(model).values()
        for name, value in weights.items()
        if "kernel" in name
    )
    np.testing.assert_allclose(sum(model.losses), 0.5e-2 * squares, rtol=1e-5)
    assert not random_network("v2 spatial").losses


# Number of frames, of two clips of three, that run through a layer of each section.
STRETCHES = (
    "conv1_1_3x3_s2",  # trunk
    "conv_sub4",  # low
    "conv3_1_sub2_proj",  # medium
    "conv3_sub1_proj",  # high
    "conv_sub2",  # between the fusions
    "conv6_cls",
    "sub24_out",
    "sub4_out",
)
FRAMES = {
    "icnet": (2, 2, 2, 2, 2, 2, 2, 2),
    "v1 standard": (2, 2, 2, 6, 2, 2, 2, 2),
    "v2 spatial": (6, 6, 6, 6, 6, 2, 2, 2),
    "v3 depthwise": (6, 6, 2, 2, 2, 2, 2, 2),
    "v4 separable": (6, 6, 6, 2, 2, 2, 2, 2),
    "v5 spatial": (6, 6, 6, 6, 2, 2, 2, 2),
    "v6 separable": (6, 6, 6, 6, 6, 2, 2, 2),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_frames_before_the_last_run_no_further_than_the_last_cell(name, rng):
    model = random_network(name)
    maps = [model.get_layer(layer).output for layer in STRETCHES]
    outputs = keras.Model(model.input, maps)(random_images(model, rng, 2))
    assert tuple(len(output) for output in outputs) == FRAMES[name]


@pytest.mark.parametrize(
    "name, blind", [("v1 standard", {"sub24", "sub4"}), ("v3 depthwise", {"sub4"})]
)
def test_earlier_frames_reach_only_the_heads_behind_a_cell(name, blind, rng):
    model = random_network(name)
    clips = random_images(model, rng)
    changed = clips.copy()
    changed[:, 0] = 255 - changed[:, 0]
    before, after = model(clips, training=False), model(changed, training=False)
    for head in HEADS:
        same = np.array_equal(before[head], after[head])
        assert same == (head in blind), head


@pytest.mark.parametrize("name", ["icnet", "v1 standard"])
def test_integers_and_floats_give_the_same_logits(name, rng):
    model = random_network(name)
    images = random_images(model, rng)
    expected = model(images, training=False)["main"]
    assert expected.dtype == "float32"
    for other in (
        images.astype("float32"),
        images.astype("int64"),
        keras.ops.convert_to_tensor(images),
    ):
        logits = model(other, training=False)["main"]
        np.testing.assert_array_equal(logits, expected)


def test_keras_file_keeps_everything(decaying_network, tmp_path, rng):
    model = decaying_network
    file = tmp_path / "network.keras"
    model.save(file)
    loaded = keras.saving.load_model(file)

    assert type(loaded) is ICNet
    assert loaded.get_config() == model.get_config()
    assert (loaded.version, loaded.cell, loaded.name) == (
        1,
        "spatial",
        "lstm_icnet_v1",
    )
    assert (loaded.num_classes, loaded.num_frames) == (5, 3)
    assert loaded.image_size == (97, 113)
    assert (loaded.classes, loaded.palette) == (CLASSES, PALETTE)
    assert (loaded.mean_rgb, loaded.peephole, loaded.weight_decay) == (
        CAFFE_MEAN_RGB,
        True,
        1e-2,
    )

    clips = random_images(model, rng)
    expected = model(clips, training=False)
    logits = loaded(clips, training=False)
    for head in HEADS:
        np.testing.assert_array_equal(logits[head], expected[head])
    # The mean colour of the file is what is subtracted.
    network = icnet_reference.Network(weights_by_layer(loaded), 1, "spatial")
    expected = network.logits(clips[0], CAFFE_MEAN_RGB)
    assert scaled_error(logits["main"][0], expected["main"]) < 2e-5


@pytest.mark.parametrize("image_size", [(96, 200), (200, 96), (97,), (97, 97, 3)])
def test_an_image_too_small_for_the_pools_is_refused(image_size):
    with pytest.raises(ValueError, match=r"at least 97 pixels.*Received: image_size="):
        build_icnet(image_size=image_size)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((0, "standard"), r"`version` must be one of .*Received: version=0"),
        ((7, "standard"), r"`version` must be one of .*Received: version=7"),
        (("2", "standard"), r"`version` must be one of"),
        ((None, "standard"), r"`version` must be 1 to 6"),
        ((2, "lstm"), r"`cell` must be one of .*Received: cell='lstm'"),
        ((2, None), r"`cell` must be one of .*Received: cell=None"),
        ((2, "standard", 0), r"`num_classes` must be 1 to 255.*num_classes=0"),
        ((2, "standard", 256), r"`num_classes` must be 1 to 255.*num_classes=256"),
        ((2, "standard", 5, (97, 97), 0), r"`num_frames` must be positive"),
        ((2, "standard", 5, (97, 97), 2, (1, 2)), r"`mean_rgb` must hold three"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    names = ("version", "cell", "num_classes", "image_size", "num_frames", "mean_rgb")
    with pytest.raises(ValueError, match=message):
        build_lstm_icnet(**dict(zip(names, arguments, strict=False)))


def test_icnet_refuses_a_cell():
    with pytest.raises(ValueError, match="ICNet has no convLSTM cell"):
        ICNet(None, "standard")


def test_clip_of_one_frame_is_a_network_too(rng):
    model = build_lstm_icnet(6, "depthwise", 3, (97, 97), num_frames=1)
    logits = model(rng.integers(0, 256, (2, 1, 97, 97, 3)), training=False)
    assert {head: tuple(x.shape) for head, x in logits.items()} == {
        "main": (2, 25, 25, 3),
        "sub24": (2, 13, 13, 3),
        "sub4": (2, 7, 7, 3),
    }
