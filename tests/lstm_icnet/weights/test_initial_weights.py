import os

import numpy as np
import pytest
import tensorflow as tf
from random_icnet import random_network

from lstm_icnet import build_icnet, build_lstm_icnet
from lstm_icnet.deployment.folding import fold_batch_norm
from lstm_icnet.weights.foreign_files import first_line
from lstm_icnet.weights.initial_weights import copy_weights, read_weights

HEADS = {"conv6_cls", "sub24_out", "sub4_out"}


def small(version, cell, num_classes=5, **arguments):
    return build_lstm_icnet(
        version, cell, num_classes, (97, 97), num_frames=2, **arguments
    )


def values(model):
    """The weights by layer; layers without any are left out."""
    return {layer.name: layer.get_weights() for layer in model.layers if layer.weights}


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def equal_layers(first, second):
    """The layers that have the same weights in both dicts of `values`."""
    names = first.keys() & second.keys()
    return {name for name in names if same(first[name], second[name])}


def test_lstm_icnet_takes_all_of_icnet_and_leaves_its_recurrence():
    source, target = random_network("icnet"), small(6, "separable")
    before = values(target)
    report = copy_weights(source, target)
    after = values(target)
    new = {"convlstm_sub4", "convlstm_sub2", "convlstm_sub1", "convlstm_sub12"}
    new.add("convlstm_sub12_bn")
    assert equal_layers(after, before) == new
    assert equal_layers(after, values(source)) == after.keys() - new
    assert set(report.loaded) == after.keys() - new
    assert report.initial.keys() == new
    assert not report.unused
    # 66 convolutions and 63 norms, and the 5 new ones.
    assert str(report).startswith("129 of 134 layers loaded\n")
    line = "convlstm_sub1 keeps its initial weights: the source has no such layer"
    assert line in str(report).splitlines()


def test_another_class_count_leaves_only_the_heads():
    source = random_network("icnet")
    target = build_icnet(num_classes=7, image_size=(97, 97))
    before = values(target)
    report = copy_weights(source, target)
    after = values(target)
    assert equal_layers(after, before) == HEADS
    assert equal_layers(after, values(source)) == after.keys() - HEADS
    assert report.initial == dict.fromkeys(HEADS, "the source has 5 classes, not 7")


def test_a_version_takes_the_cells_that_it_shares_with_the_source():
    report = copy_weights(random_network("v3 depthwise"), small(4, "depthwise"))
    assert report.initial.keys() == {"convlstm_sub2"}
    assert "convlstm_sub4" in report.loaded


def test_icnet_takes_its_part_of_an_lstm_icnet():
    source = random_network("v2 spatial")
    target = build_icnet(num_classes=5, image_size=(97, 97))
    report = copy_weights(source, target)
    assert equal_layers(values(target), values(source)) == set(report.loaded)
    assert not report.initial
    assert report.unused == ["convlstm_sub12", "convlstm_sub12_bn"]
    line = "convlstm_sub12 of the source is not used: the network has no such layer"
    assert line in str(report).splitlines()


def test_auxiliary_heads_come_and_go_alone(tmp_path):
    whole = random_network("icnet")
    main_head = build_icnet(num_classes=5, image_size=(97, 97), heads=("main",))
    report = copy_weights(whole, main_head)
    assert set(report.unused) == HEADS - {"conv6_cls"}
    assert equal_layers(values(main_head), values(whole)) == set(report.loaded)
    again = build_icnet(num_classes=5, image_size=(97, 97))
    report = copy_weights(main_head, again)
    assert report.initial.keys() == HEADS - {"conv6_cls"}


@pytest.mark.parametrize(
    "arguments, fault",
    [
        ({"cell": "separable"}, "convlstm_sub4 is a depthwise cell, not a separable"),
        ({"cell": "depthwise", "peephole": True}, "convlstm_sub4 has no peephole_i; "),
    ],
)
def test_a_cell_that_does_not_fit_is_named_and_nothing_is_changed(arguments, fault):
    source = random_network("v3 depthwise")
    target = small(4, **arguments)
    before = values(target)
    with pytest.raises(ValueError, match=f"do not fit lstm_icnet_v4: {fault}"):
        copy_weights(source, target)
    assert equal_layers(values(target), before) == before.keys()


def test_all_misfits_are_listed():
    source, target = random_network("v5 spatial"), small(6, "standard")
    with pytest.raises(ValueError, match="do not fit") as error:
        copy_weights(source, target)
    for tap in ("sub4", "sub2", "sub1"):
        assert f"convlstm_{tap} is a spatial cell, not a standard" in str(error.value)
    assert "convlstm_sub12" not in str(error.value)


def test_a_network_of_another_width_does_not_fit():
    source = random_network("icnet")
    target = build_icnet(5, (97, 97), width_multiplier=0.25)
    with pytest.raises(ValueError, match="do not fit") as error:
        copy_weights(source, target)
    listed = str(error.value).split("; ")
    assert len(listed) == 63 + 63 * 4 + 3  # all kernels, all norms, not the biases
    assert "kernel of conv6_cls is (1, 1, 128, 5) instead of (1, 1, 32, 5)" in listed


def test_folded_weights_are_refused():
    folded = fold_batch_norm(random_network("icnet"))
    target = build_icnet(num_classes=5, image_size=(97, 97))
    with pytest.raises(ValueError, match="normalisation folded into the convolutions"):
        copy_weights(folded, target)


def test_weights_are_read_from_a_file_and_from_a_workdir(tmp_path):
    source = random_network("v3 depthwise")
    source.save(tmp_path / "last.keras")
    for path in (tmp_path, str(tmp_path / "last.keras")):
        given = read_weights(path)
        assert given.mean_rgb == source.mean_rgb
        assert given.source == str(path)
        target = small(3, "depthwise")
        assert copy_weights(given, target).initial == {}
        assert equal_layers(values(target), values(source)) == values(source).keys()


def test_a_path_without_weights_is_named_with_all_that_would_do(tmp_path):
    path = tmp_path / "model.ckpt-7"
    with pytest.raises(FileNotFoundError) as error:
        read_weights(path)
    assert str(error.value) == (
        f"There are no weights at {path}; it should be a workdir, a .keras file, "
        f"hellochick's .npy file or a TensorFlow 1 checkpoint"
    )
    with pytest.raises(FileNotFoundError, match=r"last\.keras"):
        read_weights(tmp_path)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_weights_that_are_not_finite_are_refused_unless_allowed(value, tmp_path):
    # 1e300 is finite, but not in float32.
    np.save(tmp_path / "weights.npy", {"conv1": {"weights": np.float64([1, value])}})
    with pytest.raises(ValueError, match=r"NaN or infinite \(conv1/kernel\)") as error:
        read_weights(tmp_path / "weights.npy")
    assert str(error.value).startswith(str(tmp_path / "weights.npy"))
    given = read_weights(tmp_path / "weights.npy", allow_nonfinite=True)
    assert not np.isfinite(given.layers["conv1"]["kernel"]).all()


def test_a_checkpoint_of_weights_that_are_not_finite_is_refused(tmp_path):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.compat.v1.get_variable("conv1/weights", initializer=[1.0, np.nan])
        session.run(tf.compat.v1.global_variables_initializer())
        tf.compat.v1.train.Saver().save(session, str(tmp_path / "model.ckpt"))
    with pytest.raises(ValueError, match=r"NaN or infinite \(conv1/kernel\)"):
        read_weights(tmp_path)


def test_a_pipe_of_weights_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "weights.npy")
    with pytest.raises(ValueError, match="is not a regular file"):
        read_weights(tmp_path / "weights.npy")


def test_a_message_that_announces_the_next_line_is_followed_by_it():
    assert first_line(ValueError("bad:\n  shape (1,)\nmore")) == "bad: shape (1,)"
    assert first_line(ValueError("bad\nmore")) == "bad"
    assert first_line(ValueError("bad:")) == "bad:"
    assert first_line(KeyError()) == "KeyError"
    of_an_operation = "{{function_node __wrapped__RestoreV2_CPU:0}} wrong checksum"
    assert first_line(ValueError(of_an_operation)) == "wrong checksum"
    assert first_line(ValueError("{{node a}}")) == "{{node a}}"
