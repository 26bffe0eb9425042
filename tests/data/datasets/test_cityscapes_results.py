import fnmatch

import cv2
import numpy as np
import pytest

from data.datasets.cityscapes_results import write_result
from data.files.images import StoredFile

# Ids of the train ids 0..18, from cityscapesScripts, helpers/labels.py, by hand.
IDS = [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33]
NAME = "frankfurt_000000_000294"


@pytest.fixture
def image(tmp_path):
    folder = tmp_path / "Städte 街" / "leftImg8bit" / "val" / "frankfurt"
    folder.mkdir(parents=True)
    path = folder / f"{NAME}_leftImg8bit.png"
    path.write_bytes(cv2.imencode(".png", np.zeros((4, 19, 3), np.uint8))[1])
    return str(path)


def decoded(path):
    encoded = np.frombuffer(path.read_bytes(), np.uint8)
    return cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64])
def test_train_ids_become_ids(dtype, image, tmp_path):
    labels = np.tile(np.arange(19, dtype=dtype), (4, 1))
    ids = decoded(write_result(tmp_path / "results", image, labels))
    assert ids.dtype == np.uint8
    np.testing.assert_array_equal(ids, np.tile(IDS, (4, 1)))


def test_the_evaluation_script_finds_one_file_by_its_name(image, tmp_path):
    results = tmp_path / "Ergebnisse 街" / "val"
    written = [write_result(results, image, np.full((4, 19), k)) for k in (3, 5)]
    names = [path.name for path in results.iterdir()]
    assert fnmatch.filter(names, f"{NAME}*.png") == names == [written[0].name]
    assert written[0] == written[1]
    assert (decoded(written[1]) == IDS[5]).all()


def test_a_smaller_map_is_brought_to_the_size_of_the_image(image, tmp_path):
    labels = np.array([[0, 18], [11, 13]])
    ids = decoded(write_result(tmp_path, image, np.repeat(labels, 19, axis=1)))
    assert ids.shape == (4, 19)
    assert set(np.unique(ids)) == {7, 33, 24, 26}
    np.testing.assert_array_equal(ids[:, 0], [7, 7, 24, 24])
    np.testing.assert_array_equal(ids[:, -1], [33, 33, 26, 26])


def test_the_names_of_demo_videos_are_kept(image, tmp_path):
    path = tmp_path / "stuttgart_02_000000_005100_leftImg8bit.png"
    path.write_bytes(cv2.imencode(".png", np.zeros((2, 3, 3), np.uint8))[1])
    written = write_result(tmp_path / "out", str(path), np.zeros((2, 3), np.uint8))
    assert written.name == "stuttgart_02_000000_005100_labelIds.png"


@pytest.mark.parametrize("value", [19, 255, -1])
def test_what_is_no_train_id_is_refused_and_nothing_written(value, image, tmp_path):
    labels = np.zeros((4, 19), np.int32)
    labels[1, 2] = value
    with pytest.raises(ValueError, match=rf"train ids, 0\.\.18\. Received: {value}"):
        write_result(tmp_path / "results", image, labels)
    assert not (tmp_path / "results").exists()


def test_scores_and_logits_are_refused(image, tmp_path):
    with pytest.raises(TypeError, match=r"must be integers\. Received: float32"):
        write_result(tmp_path, image, np.zeros((4, 19), np.float32))
    with pytest.raises(ValueError, match=r"map \(height, width\).*\(1, 4, 19\)"):
        write_result(tmp_path, image, np.zeros((1, 4, 19), np.uint8))


def test_another_file_name_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"0001TP_006690\.png is not a frame of City"):
        write_result(tmp_path, "train/0001TP_006690.png", np.zeros((4, 19), np.uint8))


def test_a_missing_image_is_named(tmp_path):
    path = str(tmp_path / f"{NAME}_leftImg8bit.png")
    with pytest.raises(FileNotFoundError, match=f"{NAME}_leftImg8bit.png is missing"):
        write_result(tmp_path, path, np.zeros((4, 19), np.uint8))


def test_an_image_in_a_shard_has_no_name_for_its_result(tmp_path):
    stored = StoredFile([], 0, "image", "shards/val, frankfurt_000000, image 294")
    with pytest.raises(ValueError, match=r"frankfurt_000000, image 294 is in a sh"):
        write_result(tmp_path / "results", stored, np.zeros((4, 19), np.uint8))
    assert not list(tmp_path.iterdir())
