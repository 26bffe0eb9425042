import shutil
import zipfile

import keras
import pytest
from random_icnet import random_network

from lstm_icnet.deployment.open_network import open_network
from lstm_icnet.weights.keras_file import keras_file


@pytest.fixture(scope="module")
def good_file(tmp_path_factory):
    file = tmp_path_factory.mktemp("network") / "good.keras"
    random_network("v3 depthwise").save(file)
    return file


def test_a_workdir_stands_for_its_last_network(tmp_path, good_file):
    shutil.copy(good_file, tmp_path / "last.keras")
    assert keras_file(tmp_path) == tmp_path / "last.keras"
    network = open_network(tmp_path)
    assert network.image_size == (97, 97)
    assert network.initial_state().keys() == {"convlstm_sub4_h", "convlstm_sub4_c"}


def assert_one_sentence(error, path):
    message = str(error.value)
    assert str(path) in message
    assert "\n" not in message


def test_a_missing_network_is_named(tmp_path):
    for path, named in (
        (tmp_path / "no.keras", tmp_path / "no.keras"),
        (tmp_path, tmp_path / "last.keras"),
    ):
        for engine in (None, "onnxruntime"):
            with pytest.raises(FileNotFoundError, match="no trained network at") as e:
                open_network(path, engine=engine)
            assert_one_sentence(e, named)


def foreign_files(folder, good):
    """Files that are no network of this project, by what is wrong with them."""
    files = {}

    def file(name):
        files[name] = folder / f"{name}.keras"
        return files[name]

    file("text").write_text("not a network")
    file("empty").write_bytes(b"")
    whole = good.read_bytes()
    file("truncated").write_bytes(whole[: len(whole) // 2])
    middle = len(whole) // 2
    damaged = whole[:middle] + bytes(1000) + whole[middle + 1000 :]
    file("damaged").write_bytes(damaged)
    with zipfile.ZipFile(file("zip"), "w") as archive:
        archive.writestr("readme.txt", "hello")
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(file("sequence"))
    files["suffix"] = folder / "network.txt"
    files["suffix"].write_text("not a network")
    return files


NO_KERAS_FILE = r"is not a \.keras file, or only a part of one"
FOREIGN = {
    "text": NO_KERAS_FILE,
    "empty": NO_KERAS_FILE,
    "truncated": NO_KERAS_FILE,
    "suffix": NO_KERAS_FILE,
    "damaged": r"cannot be read as a \.keras file: Bad CRC-32",
    "zip": r"cannot be read as a \.keras file: there is no metadata\.json in it",
    "sequence": "it holds a Sequential; an ICNet or LSTM-ICNet of this project",
}


@pytest.fixture(scope="module")
def foreign(tmp_path_factory, good_file):
    return foreign_files(tmp_path_factory.mktemp("foreign"), good_file)


@pytest.mark.parametrize("fault", FOREIGN)
def test_a_foreign_file_is_refused_in_one_sentence(foreign, fault):
    with pytest.raises(ValueError, match=FOREIGN[fault]) as error:
        open_network(foreign[fault])
    assert_one_sentence(error, foreign[fault])


def test_an_export_without_metadata_is_refused(tmp_path):
    (tmp_path / "saved_model").mkdir()
    with pytest.raises(
        FileNotFoundError, match="the description that experiments"
    ) as error:
        open_network(tmp_path)
    assert_one_sentence(error, tmp_path / "metadata.json")
