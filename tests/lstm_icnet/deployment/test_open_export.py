import json
import shutil
import sys

import numpy as np
import pytest
from random_icnet import new_random_network, random_images

from lstm_icnet import VideoSegmenter
from lstm_icnet.deployment.export_folder import export
from lstm_icnet.deployment.open_network import open_network

pytest.importorskip("tf2onnx", reason="needs the extra `onnx`")
pytest.importorskip("onnxruntime", reason="needs the extra `onnx`")


def network(version=2, cell="separable"):
    return new_random_network(version, cell, (97, 113), width_multiplier=0.25)


@pytest.fixture(scope="module")
def onnx(tmp_path_factory):
    return export(network(), tmp_path_factory.mktemp("onnx"), formats=["onnx"])


@pytest.fixture
def copy(onnx, tmp_path):
    """A copy of the export that may be damaged, its metadata changed."""

    def make(**changes):
        shutil.copytree(onnx, tmp_path / "copy")
        file = tmp_path / "copy" / "metadata.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | changes))
        return tmp_path / "copy"

    return make


def assert_refused(path, match, engine=None, kind=ValueError):
    with pytest.raises(kind, match=match) as error:
        open_network(path, engine=engine)
    assert "\n" not in str(error.value)


def test_a_folder_and_a_file_in_it_are_opened_by_what_fits(onnx, rng):
    (clip,) = random_images(network(), rng)
    expected = [VideoSegmenter(network()).segment_clip(clip)]
    for path in (onnx, onnx / "model.onnx"):
        segmenter = VideoSegmenter(path)
        assert segmenter.num_frames == len(clip)
        *_, last = segmenter.segment_video(clip)
        assert np.mean(last != expected) < 1e-3
        assert np.mean(segmenter.segment_clip(clip) != expected) < 1e-3


def test_batches_of_any_size_are_run(onnx, rng):
    clips = random_images(network(), rng, batch_size=2)
    opened = open_network(onnx)
    together = opened.clip(clips)
    apart = np.concatenate([opened.clip(clips[:1]), opened.clip(clips[1:])])
    np.testing.assert_allclose(together, apart, atol=1e-5)


def test_an_engine_that_does_not_fit_is_a_sentence(onnx, tmp_path):
    assert_refused(onnx, "`engine` must be one of .*Received: 'tensorrt'", "tensorrt")
    assert_refused(
        onnx / "model.onnx", "cannot be run by the engine tflite, but by onnx", "tflite"
    )
    assert_refused(
        onnx,
        "There is no .*saved_model, which the engine tensorflow runs; export the "
        "network with --formats=saved_model",
        "tensorflow",
        FileNotFoundError,
    )
    shutil.copytree(onnx, tmp_path / "other")
    (tmp_path / "other" / "model.onnx").rename(tmp_path / "other" / "mine.onnx")
    assert_refused(tmp_path / "other" / "mine.onnx", "is no file of an export")
    network().save(tmp_path / "network.keras")
    assert_refused(tmp_path / "network.keras", "is not exported", "onnxruntime")
    with pytest.raises(ValueError, match="is not exported"):
        open_network(network(), engine="onnxruntime")


def test_an_engine_that_is_not_installed_is_named(onnx, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(ModuleNotFoundError, match="openvino"):
        open_network(onnx, engine="openvino")


def test_a_file_without_metadata_is_not_run(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"")
    with pytest.raises(FileNotFoundError, match=r"There is no .*metadata\.json"):
        open_network(tmp_path)


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"version": 3}, r"a network of version 3 has the states \['convlstm_sub4_c'"),
        ({"files": {"model.onnx": "0" * 64}}, "checksum of model.onnx is another one"),
        ({"files": {"other": "0" * 64}}, "no checksum of model.onnx"),
        ({"image_size": [97, 200]}, "its inputs are .* instead of"),
        ({"num_classes": 4, "classes": None, "palette": None}, "its outputs are"),
    ],
    ids=["version", "checksum", "no checksum", "size", "classes"],
)
def test_metadata_of_another_network_are_refused(changes, reason, copy):
    folder = copy(**changes)
    assert_refused(folder, f"model.onnx is not the network that .*: .*{reason}")


def test_a_file_that_was_not_exported_is_missing_and_not_another_networks(copy):
    folder = copy()
    with pytest.raises(FileNotFoundError, match=r"no .*int8\.tflite; .*--formats=tfl"):
        open_network(folder / "model_int8.tflite")


def test_a_file_that_was_changed_is_refused(copy):
    folder = copy()
    with (folder / "model.onnx").open("ab") as file:
        file.write(b" ")
    assert_refused(folder, "checksum of model.onnx is another one")


def test_a_damaged_file_is_one_sentence_whatever_its_checksum(copy):
    folder = copy(files={})
    content = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(content[: len(content) // 2])
    assert_refused(folder, "model.onnx is not the network that .*; export the network")


def test_weights_that_are_not_finite_are_refused_unless_allowed(copy):
    folder = copy(finite_weights=False)
    assert_refused(folder, "has weights that are NaN or infinite")
    assert open_network(folder, allow_nonfinite=True).num_classes == 5
