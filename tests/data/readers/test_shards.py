import json
import shutil
from pathlib import Path

import camvid_tree
import cv2
import numpy as np
import pytest
import tensorflow as tf
from clip_batches import clip_batches
from hostile import cut_in_half, empty

from data.datasets.check import check_dataset
from data.datasets.driving_video import VERSION, prepare
from data.datasets.open_dataset import open_dataset
from data.files.images import StoredFile
from data.pipeline.errors import original_error
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
    return shards / "driving_video" / "camvid" / VERSION


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
    folder = version_folder(tmp_path).with_name("incomplete.9VGT1F_1.1.0")
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
    stream = clip_batches(clips, image_size=(4, 6), batch_size=1, num_frames=2, seed=0)
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


def edit(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def first_video(change):
    return lambda content: change(content["videos"]["val"][0])


@pytest.mark.parametrize(
    "name, change",
    [
        ("dataset_info.json", lambda c: c["splits"][0].update(shardLengths=["3"])),
        ("dataset_info.json", lambda c: c.update(splits=[])),
        ("dataset_info.json", lambda c: c.update(fileFormat="tfrecord")),
        ("metadata.json", lambda c: c.pop("left_out")),
        ("metadata.json", lambda c: c.update(facts=[])),
        ("metadata.json", lambda c: c.update(videos=[])),
        ("metadata.json", lambda c: c["videos"].pop("train")),
        ("metadata.json", lambda c: c["videos"].update(val={})),
        ("metadata.json", lambda c: c["videos"].update(val=[7])),
        ("metadata.json", lambda c: c["left_out"].update(test=7)),
        ("metadata.json", first_video(lambda v: v.pop("spacing"))),
        ("metadata.json", first_video(lambda v: v.update(spacing="2"))),
        ("metadata.json", first_video(lambda v: v.update(name=None))),
        ("metadata.json", first_video(lambda v: v.update(order_note=7))),
        ("metadata.json", first_video(lambda v: v.update(more="x"))),
        ("metadata.json", first_video(lambda v: v.update(examples=[0, 99]))),
        ("metadata.json", first_video(lambda v: v.update(examples=[0, -1]))),
        ("metadata.json", first_video(lambda v: v.update(examples=[0]))),
        ("metadata.json", first_video(lambda v: v.update(labelled=[1, 0]))),
        ("metadata.json", first_video(lambda v: v.update(numbers=[2, 1]))),
        ("metadata.json", first_video(lambda v: v.update(numbers=[]))),
        *(
            ("metadata.json", lambda c, n=n, v=v: c["facts"].update({n: v}))
            for n, v in [
                ("name", 7),
                ("classes", []),
                ("classes", ["a"] * 11),
                ("classes", [["a"]]),
                ("classes", ["a", "b"]),
                ("palette", [[1, 2, 3]] * 11),
                ("palette", 7),
                ("mean_rgb", [1, 2]),
                ("mean_rgb", [1, 2, float("nan")]),
                ("image_size", [0, 6]),
                ("image_size", [4, 6, 3]),
                ("splits", {}),
                ("void_id", "11"),
                ("other", 7),
            ]
        ),
    ],
)
def test_a_description_that_does_not_fit_the_shards_is_named(name, change, shards):
    edit(version_folder(shards) / name, change)
    with pytest.raises(ValueError, match="holds shards whose description") as error:
        open_dataset("camvid", str(shards))
    assert str(version_folder(shards)) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["{}", "[]", "1", "null", '"x"', "[" * 10**5, "NaN"])
@pytest.mark.parametrize("name", ["dataset_info", "features", "metadata"])
def test_json_of_any_other_kind_is_one_sentence(name, text, shards):
    (version_folder(shards) / f"{name}.json").write_text(text)
    with pytest.raises(ValueError, match="holds shards whose description") as error:
        open_dataset("camvid", str(shards))
    assert "\n" not in str(error.value)


def test_shards_of_other_data_are_not_taken_for_those_that_are_described(
    shards, tmp_path
):
    names = [f"0016E5_{number:05}" for number in range(6)]  # as many frames
    camvid_tree.write_tree(tmp_path / "tree", names)
    other = prepare("camvid", str(tmp_path / "tree"), str(tmp_path / "other"))
    (shard,) = version_folder(shards).glob("*array_record*")
    shutil.copy(other / shard.name, shard)
    dataset = open_dataset("camvid", str(shards))
    faults = check_dataset(dataset, "", ["train", "val"], 1, progress=False).faults
    assert len(faults) == 12  # images and labels of six frames
    for fault in faults:
        assert "another frame is stored there" in fault


def test_a_class_that_the_metadata_do_not_know_is_refused(shards):
    def cut(content):
        for name in ("classes", "palette"):
            del content["facts"][name][5:]

    path = version_folder(shards)
    dataset = open_dataset("camvid", str(shards))
    (video,) = dataset.read_videos("", "val")
    assert video.label_encoding.decode(video.frames[0].label).max() == 0
    edit(path / "metadata.json", cut)
    (video,) = open_dataset("camvid", str(shards)).read_videos("", "val")
    source = [
        {"label": cv2.imencode(".png", np.full((4, 6), 7, np.uint8))[1].tobytes()}
    ]
    with pytest.raises(ValueError, match=r"label 7 holds .* value 7; .* 0\.\.4, 255"):
        video.label_encoding.decode(StoredFile(source, 0, "label", "label 7"))
