import numpy as np
import pytest
from random_icnet import random_network

from lstm_icnet import build_icnet, build_lstm_icnet
from lstm_icnet.initial_weights import copy_weights

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
    assert str(report).startswith("129 layers loaded\n")  # 66 convolutions, 63 norms
    line = "convlstm_sub1 stays as it was: the source has no such layer"
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


@pytest.mark.parametrize(
    "arguments", [{}, {"peephole": True}], ids=["cell", "peephole"]
)
def test_a_cell_that_does_not_fit_is_named_and_nothing_is_changed(arguments):
    source = random_network("v3 depthwise")
    target = small(4, "depthwise" if arguments else "separable", **arguments)
    before = values(target)
    with pytest.raises(ValueError, match="do not fit lstm_icnet_v4: convlstm_sub4 has"):
        copy_weights(source, target)
    assert equal_layers(values(target), before) == before.keys()


def test_all_misfits_are_listed():
    source, target = random_network("v5 spatial"), small(6, "standard")
    with pytest.raises(ValueError, match="do not fit") as error:
        copy_weights(source, target)
    for tap in ("sub4", "sub2", "sub1"):
        assert f"convlstm_{tap} has [(3, 1, 128, 512), " in str(error.value)
    assert "convlstm_sub12" not in str(error.value)
