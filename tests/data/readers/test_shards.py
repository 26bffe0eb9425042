import shutil
from pathlib import Path

import camvid_tree
import pytest
import tensorflow as tf
from hostile import cut_in_half, empty

from data.datasets.check import check_dataset
from data.datasets.driving_video import prepare
from data.datasets.open_dataset import open_dataset
from data.pipeline.errors import original_error
from data.pipeline.training_clips import training_clips
from data.readers import camvid
from data.readers.shards import splits_left_out
from data.videos.clips import clip_index


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A folder with shards of two splits of CamVid."""
    root = tmp_path_factory.mktemp("camvid")
    camvid_tree.write_tree(root / "tree")
    camvid_tree.write_tree(root / "tree", ["0016E5_07959", "0016E5_07961"], "val")
    prepare("camvid", str(root / "tree"), str(root / "shards"))
    return root / "shards"


@pytest.fixture
def shards(prepared, tmp_path):
    """The same for one test alone, which may damage it."""
    return shutil.copytree(prepared, tmp_path / "shards")


def version_folder(shards):
    return shards / "driving_video" / "camvid" / "1.0.0"


def test_a_split_that_was_not_in_the_tree_is_named_with_the_reason(prepared):
    dataset = open_dataset("camvid", str(prepared))
    assert dataset.info == camvid.INFO
    with pytest.raises(
        FileNotFoundError, match=r"no split 'test', only train, val; .*test\.txt is mis"
    ):
        dataset.read_videos("", "test")
    with pytest.raises(ValueError, match="`split` must be one of train, val, test"):
        dataset.read_videos("", "night")
    assert list(splits_left_out(version_folder(prepared))) == ["test"]


def test_what_a_crash_left_behind_is_no_data_set(tmp_path):
    folder = version_folder(tmp_path).with_name("incomplete.9VGT1F_1.0.0")
    folder.mkdir(parents=True)
    (folder / "dataset_info.json").touch()
    with pytest.raises(FileNotFoundError, match=r"train\.txt is missing"):
        open_dataset("camvid", str(tmp_path)).read_videos(str(tmp_path), "train")


@pytest.mark.parametrize("damage", [Path.unlink, empty, cut_in_half])
def test_a_shard_that_cannot_be_read_is_named_by_training_and_check(damage, shards):
    (shard,) = version_folder(shards).glob("*array_record*")
    damage(shard)
    dataset = open_dataset("camvid", str(shards))
    clips = clip_index(dataset.read_videos("", "val"), 2)
    stream = training_clips(
        clips, image_size=(4, 6), batch_size=1, num_frames=2, seed=0
    )
    with pytest.raises(tf.errors.OpError) as error:
        next(iter(stream))
    faults = check_dataset(dataset, "", ["val"], 2, progress=False).faults
    assert len(faults) == 4  # images and labels of two frames
    for sentence in (str(original_error(error.value)), *faults):
        assert f"{shard.parent}/val, 0016E5, " in sentence and "\n" not in sentence
        assert " cannot be read " in sentence


@pytest.mark.parametrize(
    "name, damage",
    [
        *(("dataset_info.json", damage) for damage in (empty, cut_in_half)),
        *(("features.json", damage) for damage in (Path.unlink, empty, cut_in_half)),
        *(("metadata.json", damage) for damage in (Path.unlink, empty, cut_in_half)),
    ],
)
def test_a_damaged_description_of_shards_is_named(name, damage, shards):
    damage(version_folder(shards) / name)
    with pytest.raises(ValueError, match="holds shards whose description") as error:
        open_dataset("camvid", str(shards))
    assert str(version_folder(shards)) in str(error.value)
    assert "\n" not in str(error.value)
