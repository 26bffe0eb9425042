"""A tree, turned into shards and read back."""

import cv2
import numpy as np
import pytest

from data.clips import clip_index
from data.datasets import open_dataset
from data.driving_video import prepare
from data.pipeline import training_clips
from data.synthetic.data_set import render_data_set


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    """A tree of each of two data sets, and the folder with the shards of both."""
    root = tmp_path_factory.mktemp("trees")
    kitti, camvid = root / "kitti", root / "camvid"
    render_data_set(kitti, 2, 10, (24, 40), seed=0, processes=1, progress=False)
    rng = np.random.default_rng(0)
    for folder in ("val", "valannot"):
        (camvid / folder).mkdir(parents=True)
    names = [f"0016E5_{number:05d}.png" for number in (10, 12, 14, 20, 22)]
    for name in names:
        image = rng.integers(0, 256, (6, 8, 3), np.uint8)
        cv2.imwrite(str(camvid / "val" / name), image)
        labels = rng.integers(0, 12, (6, 8), np.uint8)
        cv2.imwrite(str(camvid / "valannot" / name), labels)
    lines = [f"val/{name} valannot/{name}\n" for name in names]
    (camvid / "val.txt").write_text("".join(lines))
    prepare("virtual_kitti", str(kitti), str(root / "shards"))
    prepare("camvid", str(camvid), str(root / "shards"))
    return {"virtual_kitti": kitti, "camvid": camvid, "shards": root / "shards"}


def both(trees, name, split):
    """The videos of the tree and of the shards."""
    folders = str(trees[name]), str(trees["shards"])
    return [open_dataset(name, folder).read_videos(folder, split) for folder in folders]


CASES = [
    ("virtual_kitti", "all"),
    ("virtual_kitti", "train"),
    ("virtual_kitti", "test"),
    ("camvid", "val"),
]


@pytest.mark.parametrize("name, split", CASES)
def test_videos_frames_and_clips_are_those_of_the_tree(trees, name, split):
    tree, shards = both(trees, name, split)
    for a, b in zip(tree, shards, strict=True):
        assert (a.name, a.spacing) == (b.name, b.spacing)
        assert [f.number for f in a.frames] == [f.number for f in b.frames]
    numbers = [
        [(clip.video.name, [f.number for f in clip.frames]) for clip in clips]
        for clips in (clip_index(tree, 2), clip_index(shards, 2))
    ]
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize("name, split", CASES)
def test_training_clips_are_the_same_to_the_last_bit(trees, name, split):
    streams = [
        training_clips(
            clip_index(videos, 2),
            image_size=(24, 40),
            batch_size=2,
            num_frames=2,
            seed=3,
        )
        for videos in both(trees, name, split)
    ]
    for ours, theirs in zip(*(stream.take(4) for stream in streams), strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)


def test_every_frame_is_stored_once_with_its_own_bytes(trees):
    tree, shards = both(trees, "camvid", "val")
    stored = [frame.image for video in shards for frame in video.frames]
    assert len({(id(file.source), file.index) for file in stored}) == len(stored) == 5
    for frame, file in zip(tree[0].frames, stored, strict=True):
        with open(frame.image, "rb") as image:
            assert file.read_bytes() == image.read()


def test_a_split_that_was_not_in_the_tree_is_named(trees):
    shards = str(trees["shards"])
    with pytest.raises(ValueError, match="no split 'train', only val"):
        open_dataset("camvid", shards).read_videos(shards, "train")


def test_a_tree_without_any_split_is_refused(tmp_path):
    (tmp_path / "tree").mkdir()
    for folder in ("nowhere", "tree"):
        with pytest.raises(FileNotFoundError, match=f"{folder} is missing or empty"):
            prepare("camvid", str(tmp_path / folder), str(tmp_path / "shards"))
    assert not (tmp_path / "shards").exists()
    (tmp_path / "tree" / "other").touch()
    with pytest.raises(FileNotFoundError, match=r"train\.txt is missing"):
        prepare("camvid", str(tmp_path / "tree"), str(tmp_path / "shards"))


def test_a_label_that_cannot_be_read_ends_the_preparation(trees, tmp_path):
    for folder in ("val", "valannot"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "0016E5_00010.png").write_bytes(b"")
    (tmp_path / "val.txt").write_text("val/0016E5_00010.png valannot/0016E5_00010.png")
    with pytest.raises(ValueError, match=r"0016E5_00010\.png .*empty"):
        prepare("camvid", str(tmp_path), str(tmp_path / "shards"))
