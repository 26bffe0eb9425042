import hashlib
import json

import numpy as np
import pytest

from lstm_icnet.deployment.export_folder import at_size, export
from lstm_icnet.deployment.folding import fold_batch_norm
from lstm_icnet.deployment.formats import saved_model
from lstm_icnet.network.icnet_model import build_icnet, build_lstm_icnet


@pytest.fixture
def writer(monkeypatch):
    """Stands in for the SavedModel writer, which has tests of its own."""

    def write(model, folder, scores, _):
        folder.mkdir()
        (folder / "saved_model.pb").write_text(f"{model.name} {scores}")

    monkeypatch.setattr(saved_model, "write_saved_model", write)
    return write


def test_the_metadata_say_what_a_user_must_know(writer, tmp_path):
    model = build_lstm_icnet(
        2, "separable", 2, (97, 113), classes="ab", palette=((1, 2, 3), (4, 5, 6))
    )
    export(model, tmp_path / "out")
    metadata = json.loads((tmp_path / "out" / "metadata.json").read_text())
    assert metadata["model"] == "lstm_icnet_v2"
    assert (metadata["version"], metadata["cell"]) == (2, "separable")
    assert metadata["classes"] == ["a", "b"]
    assert metadata["palette"] == [[1, 2, 3], [4, 5, 6]]
    assert metadata["image_size"] == [97, 113]
    # 97x113 is 25x29 after conv1_sub1 and conv2_sub1, and 13x15 after conv3_sub1.
    state = [13, 15, 128]
    assert metadata["states"] == {f"convlstm_sub12_{part}": state for part in "hc"}


def test_the_metadata_say_where_the_weights_come_from(writer, tmp_path):
    model = build_icnet(2, (97, 97))
    run = {"workdir": "icnet", "flags": ["--steps=3"]}
    export(model, tmp_path / "out", training_run=run)
    metadata = json.loads((tmp_path / "out" / "metadata.json").read_text())
    assert metadata["training_run"] == run
    assert metadata["finite_weights"] is True
    content = (tmp_path / "out" / "saved_model" / "saved_model.pb").read_bytes()
    assert metadata["files"] == {
        "saved_model/saved_model.pb": hashlib.sha256(content).hexdigest()
    }
    checksum = hashlib.sha256()
    for weight in fold_batch_norm(model).variables:
        array = weight.numpy()
        checksum.update(str(array.shape).encode() + array.tobytes())
    assert metadata["weights_sha256"] == checksum.hexdigest()

    bias = model.get_layer("conv6_cls").bias
    bias.assign(bias.numpy() * np.nan)
    export(model, tmp_path / "out", allow_nonfinite=True)
    metadata = json.loads((tmp_path / "out" / "metadata.json").read_text())
    assert metadata["finite_weights"] is False
    assert metadata["weights_sha256"] != checksum.hexdigest()


def test_a_format_that_is_unknown_is_refused(writer, tmp_path):
    with pytest.raises(ValueError, match="`formats` must be some of"):
        export(build_icnet(2, (97, 97)), tmp_path / "out", formats=["torch"])
    assert not list(tmp_path.iterdir())


def test_an_export_replaces_the_one_before(writer, tmp_path):
    export(build_icnet(2, (97, 97)), tmp_path)
    (tmp_path / "saved_model" / "old").write_text("")
    export(build_icnet(2, (97, 97)), tmp_path, scores=True)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["metadata.json", "saved_model"]
    assert [path.name for path in (tmp_path / "saved_model").iterdir()] == [
        "saved_model.pb"
    ]


def test_a_failed_export_leaves_the_one_before(writer, tmp_path, monkeypatch):
    model = build_icnet(2, (97, 97))
    export(model, tmp_path)

    def failing(model, folder, *_):
        folder.mkdir()
        raise OSError("disk full")

    monkeypatch.setattr(saved_model, "write_saved_model", failing)
    with pytest.raises(OSError, match="disk full"):
        export(model, tmp_path)
    assert (tmp_path / "saved_model" / "saved_model.pb").is_file()
    assert len(list(tmp_path.iterdir())) == 2
    assert not list(tmp_path.parent.glob(".*.partial"))


def test_a_file_is_no_export_folder(writer, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError, match="is a file"):
        export(build_icnet(2, (97, 97)), tmp_path / "file")


def test_another_size_has_the_same_weights():
    model = build_icnet(2, (97, 97))
    assert at_size(model, (97, 97)) is model
    larger = at_size(model, (113, 129))
    assert larger.image_size == (113, 129)
    for a, b in zip(model.get_weights(), larger.get_weights(), strict=True):
        assert (a == b).all()
