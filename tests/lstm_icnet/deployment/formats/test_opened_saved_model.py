import json
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest
import tensorflow as tf
from checkout import ROOT
from old_export import write_old_export
from random_icnet import (
    NUM_CLASSES,
    expected_labels,
    export_folder,
    new_random_network,
    random_images,
    random_network,
)

from lstm_icnet import VideoSegmenter, build_icnet
from lstm_icnet.deployment.export_folder import export
from lstm_icnet.deployment.open_network import open_network

LSTM = "v4 separable"  # 98x120


@pytest.fixture(scope="module")
def old_export(tmp_path_factory):
    return write_old_export(random_network("icnet"), tmp_path_factory.mktemp("old"))


@pytest.fixture
def copy_of(tmp_path, old_export):
    """An export that may be damaged; its metadata changed by keyword arguments."""

    def copy(source, **changes):
        source = old_export if source == "old" else export_folder(source)
        shutil.copytree(source, tmp_path / "export")
        file = tmp_path / "export" / "metadata.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))
        return tmp_path / "export"

    return copy


def assert_refused(folder, match):
    with pytest.raises((ValueError, FileNotFoundError), match=match) as error:
        open_network(folder)
    assert str(folder) in str(error.value)
    assert "\n" not in str(error.value)


def test_an_export_of_an_older_version_opens(old_export, rng):
    frame = random_images(random_network("icnet"), rng)
    (expected,) = expected_labels(random_network("icnet"), frame)
    segmenter = VideoSegmenter(old_export)
    labels = segmenter.segment_frame(frame[0])
    assert np.not_equal(labels, expected).mean() < 1e-3
    np.testing.assert_array_equal(segmenter.segment_clip(frame), labels)
    large = cv2.resize(frame[0], (444, 240))
    enlarged = np.repeat(np.repeat(labels, 2, axis=0), 2, axis=1)
    assert np.equal(segmenter.segment_frame(large), enlarged).mean() > 0.5
    with pytest.raises(ValueError, match="without logits, which `smoothing` needs"):
        VideoSegmenter(old_export, "flow")


@pytest.mark.parametrize("size", [(97, 97), (240, 444)])
def test_a_size_that_is_not_the_old_exports_is_a_sentence_not_a_crash(copy_of, size):
    # At (97, 97), TensorFlow itself ends with SIGSEGV.
    folder = copy_of("old", image_size=size)
    code = (
        "import sys, numpy as np\n"
        "from lstm_icnet import VideoSegmenter\n"
        "try:\n"
        f"    segmenter = VideoSegmenter({str(folder)!r})\n"
        f"    segmenter.segment_frame(np.zeros((*{size}, 3), 'uint8'))\n"
        "except ValueError as error:\n"
        "    sys.exit(f'ERROR: {error}')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert ended.returncode == 1, ended.stderr
    sentence = ended.stderr.strip().splitlines()[-1]
    assert sentence.startswith(f"ERROR: {folder / 'saved_model'} is not the network")
    assert f"(None, 120, 222) instead of (None, {size[0]}, {size[1]})" in sentence


def test_images_of_another_size_do_not_reach_the_old_graph(old_export):
    network = open_network(old_export)
    for call in (
        lambda: network.step(np.zeros((1, 97, 97, 3), "uint8"), {}),
        lambda: network.clip(np.zeros((1, 1, 97, 97, 3), "uint8")),
        lambda: network.step(np.zeros((1, 120, 222, 3), "float32"), {}),
    ):
        with pytest.raises(ValueError, match=r"must be uint8 RGB of \(120, 222\)"):
            call()


def test_label_maps_of_unexpected_size_are_refused(old_export):
    network = open_network(old_export)
    network._step = lambda image: {"labels": tf.zeros((1, 5, 5), tf.uint8)}
    with pytest.raises(ValueError, match=r"labels of shape \(5, 5\) instead of"):
        network.step(np.zeros((1, 120, 222, 3), "uint8"), {})


STATE = [7, 7, 128]


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"image_size": [98, 400]}, r"logits of `step` are \(None, 25, 29, 5\)"),
        (
            {"num_classes": 4, "classes": None, "palette": None},
            r"instead of \(None, 25, 29, 4\)",
        ),
        (
            {"states": {}, "version": None, "cell": None},
            "states that `step` takes are",
        ),
        (
            {
                "states": {"convlstm_sub4_h": STATE, "convlstm_sub4_c": STATE},
                "version": 3,
            },
            "states that `step` takes are",
        ),
        ({"version": 2}, r"a network of version 2 has the states \['convlstm_sub12_c"),
        ({"weights_sha256": "0" * 64}, "checksum of its weights is another one"),
        ({"num_frames": 4}, r"images of `clip` are \(None, 3, None, None, 3\)"),
    ],
    ids=[
        "size",
        "classes",
        "no states",
        "fewer states",
        "version",
        "weights",
        "frames",
    ],
)
def test_metadata_of_another_network_are_refused(copy_of, changes, reason):
    folder = copy_of(LSTM, **changes)
    assert_refused(folder, f"is not the network that .*{reason}")


def damaged(folder, name, damage):
    file = next((folder / "saved_model").rglob(name))
    content = file.read_bytes()
    if damage == "missing":
        file.unlink()
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "cut":
        file.write_bytes(content[: len(content) // 2])
    else:
        middle = len(content) // 2
        zeros = bytes(1000)
        file.write_bytes(content[:middle] + zeros + content[middle + 1000 :])
    return folder


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "zeros"])
@pytest.mark.parametrize(
    "name", ["saved_model.pb", "variables.index", "variables.data*"]
)
def test_a_damaged_saved_model_is_one_sentence(copy_of, name, damage):
    folder = damaged(copy_of("icnet"), name, damage)
    match = "SavedModel|is not the network"
    assert_refused(folder, match)


def test_a_saved_model_of_another_network_is_refused_by_its_checksum(copy_of, tmp_path):
    # Of the same shapes, so that nothing else tells them apart.
    folder = copy_of("icnet")
    size = random_network("icnet").image_size
    other = export(build_icnet(NUM_CLASSES, size), tmp_path / "other")
    shutil.rmtree(folder / "saved_model")
    shutil.copytree(other / "saved_model", folder / "saved_model")
    assert_refused(folder, r"the SHA-256 checksum of saved_model/\S+ is another one")
    file = folder / "metadata.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "files": {}}))
    assert_refused(folder, "the SHA-256 checksum of its weights is another one")


def test_a_graph_that_writes_files_is_not_loaded(tmp_path, copy_of):
    class Writer(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((), tf.string)])
        def step(self, text):
            tf.io.write_file(str(tmp_path / "written"), text)
            return text

    folder = copy_of("icnet", files={})
    shutil.rmtree(folder / "saved_model")
    tf.saved_model.save(Writer(), str(folder / "saved_model"))
    assert_refused(folder, "would read or write files, or run code, by WriteFile")


def test_weights_that_are_not_finite_are_refused_unless_allowed(tmp_path):
    model = new_random_network(None, None, (97, 97))
    bias = model.get_layer("conv6_cls").bias
    bias.assign(bias.numpy() * [1, np.nan, 1, 1, 1])
    with pytest.raises(ValueError, match=r"NaN or infinite \(conv6_cls/bias\)"):
        export(model, tmp_path / "export")
    assert not list(tmp_path.iterdir())
    export(model, tmp_path / "export", allow_nonfinite=True)
    assert_refused(tmp_path / "export", "NaN or infinite")
    assert open_network(tmp_path / "export", allow_nonfinite=True).num_classes == 5
