import shutil
from pathlib import Path

import numpy as np
import pytest
from published_files import optimiser_variables, write_checkpoint

from lstm_icnet.weights.tf1_checkpoint import checkpoint_prefix, read_tf1_checkpoint

VARIABLES = {
    "conv1/weights": np.arange(12, dtype="float32").reshape(1, 2, 2, 3),
    "conv1_bn/moving_mean": np.array([0.25, 4.0, -1.0], "float32"),
    "cell/rnn/cell/biases": np.array([1e-9, 3e8], "float32"),
}
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint")
    slots = optimiser_variables(VARIABLES, ["Momentum", "Adam", "Adam_1"])
    accumulated = {"AccumGradOptimizer/accumulator_3": np.ones(3, "float32")}
    write_checkpoint(folder, {**VARIABLES, **slots, **accumulated}, step=62475)
    return folder


@pytest.fixture
def folder(written, tmp_path):
    """A copy that a test may spoil, with a relative path in it as the authors' have."""
    folder = Path(shutil.copytree(written, tmp_path / "model"))
    line = 'model_checkpoint_path: "model.ckpt-62475"\n'
    (folder / "checkpoint").write_text(line)
    return folder


def test_the_networks_variables_come_without_the_optimisers(folder):
    read = read_tf1_checkpoint(checkpoint_prefix(folder))
    assert read.keys() == VARIABLES.keys()
    for name, array in VARIABLES.items():
        assert read[name].dtype == np.float32
        np.testing.assert_array_equal(read[name], array)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "model.ckpt-62475",
        "model.ckpt-62475.index",
        "model.ckpt-62475.data-00000-of-00001",
        "model.ckpt-62475.meta",
    ],
)
def test_prefix_files_and_folder_mean_the_checkpoint(folder, name):
    assert checkpoint_prefix(folder / name) == str(folder / "model.ckpt-62475")
    assert checkpoint_prefix(str(folder / name)) == str(folder / "model.ckpt-62475")


def test_a_folder_that_was_moved_still_has_its_checkpoint(folder):
    line = 'model_checkpoint_path: "/home/somebody/results/model.ckpt-62475"\n'
    (folder / "checkpoint").write_text(line)
    assert checkpoint_prefix(folder) == str(folder / "model.ckpt-62475")


def test_other_paths_mean_no_checkpoint(folder):
    for path in (folder / "model.ckpt-1", folder / "network.keras", folder.parent):
        assert checkpoint_prefix(path) is None


def test_a_checkpoint_that_its_folder_lacks_is_named(folder):
    (folder / "model.ckpt-62475.index").unlink()
    with pytest.raises(
        FileNotFoundError, match=r"no .*model\.ckpt-62475\.index, which"
    ):
        checkpoint_prefix(folder)
    for content in (b"", b"\xff{", b"no proto"):
        (folder / "checkpoint").write_bytes(content)
        with pytest.raises(ValueError, match="checkpoint does not name a checkpoint"):
            checkpoint_prefix(folder)


@pytest.mark.parametrize(
    "suffix, content, reason",
    [
        (".index", b"", "cannot be read as a TensorFlow 1 checkpoint: ."),
        (".index", b"hello" * 99, "cannot be read as a TensorFlow 1 checkpoint: ."),
        (".index", POINTER, r"\.index is a git-lfs pointer, not the file itself"),
        (".data", None, "cannot be read as a TensorFlow 1 checkpoint: .*No such file"),
        (".data", b"", "cannot be read as a TensorFlow 1 checkpoint: ."),
        (".data", b"cut", "cannot be read as a TensorFlow 1 checkpoint: ."),
        (".data", bytes(999), "cannot be read as a TensorFlow 1 checkpoint: ."),
        (".data", POINTER, r"\.data-.* is a git-lfs pointer, not the file itself"),
    ],
)
def test_a_broken_file_is_refused_in_one_sentence(folder, suffix, content, reason):
    (file,) = folder.glob(f"*{suffix}*")
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    with pytest.raises(ValueError, match=reason) as error:
        read_tf1_checkpoint(checkpoint_prefix(folder))
    message = str(error.value)
    assert message.startswith(str(folder / "model.ckpt-62475"))
    assert "\n" not in message
