"""Trees of all data sets, turned into shards and read back."""

import os
import signal
import subprocess
import sys
import tempfile
from itertools import islice
from pathlib import Path

import camvid_32_tree
import camvid_tree
import cityscapes_tree
import cv2
import numpy as np
import pytest
import virtual_kitti_2_tree
import virtual_kitti_tree
from checkout import ROOT
from clip_batches import clip_batches
from folder_tree import numbered, write_folder, write_image

from data.datasets.driving_video import DrivingVideo, prepare
from data.datasets.open_dataset import DATASET_NAMES, open_dataset
from data.files.images import read_image
from data.readers.shards import splits_left_out
from data.videos.clips import clip_index
from data.videos.selection import VideoSelection
from data.videos.video import IncompleteVideosError


def write_camvid(root, rng):
    val = ["0016E5_07959", "0016E5_07961"]
    for split, names in (("train", camvid_tree.NAMES), ("val", val)):
        camvid_tree.write_tree(root, names, split)


def write_camvid_32(root, rng):
    numbers = range(7955, 7965, 2)
    camvid_32_tree.write_tree(root, [f"0016E5_{number:05}" for number in numbers])


def write_colours(root, rng):
    """A folder of colour-coded labels, with links and names of all kinds."""
    palette = rng.permutation(256)[:9].reshape(3, 3).astype(np.uint8)
    settings = {"labels": "colours", "palette": palette.tolist(), "splits": {}}
    files = [f"Größe é {number}.jpg" for number in range(6)]
    name = os.fsdecode(b"caf\xe9")
    settings["splits"] = {"été": ["Läufer 道路", name], "facts": ["link"]}
    write_folder(root, {"Läufer 道路": files, name: numbered([3, 4, 6])}, settings)
    colours = np.concatenate([palette, [[0, 0, 0]]]).astype(np.uint8)
    for path in (root / "labels").rglob("*.png"):
        write_image(path, colours[rng.integers(0, 4, (6, 8))][..., ::-1])
    for kind in ("images", "labels"):
        (root / kind / "link").symlink_to("Läufer 道路")
    image = root / "images" / "Läufer 道路" / files[2]
    image.rename(root / "elsewhere.jpg")
    image.symlink_to(root / "elsewhere.jpg")
    (root / "labels" / "Läufer 道路" / "Größe é 4.png").unlink()


WRITERS = {
    "camvid": write_camvid,
    "camvid_32": write_camvid_32,
    "cityscapes": lambda root, rng: cityscapes_tree.write_tree(root),
    "folder": write_colours,
    "virtual_kitti": virtual_kitti_tree.write_tree,
    "virtual_kitti_2": virtual_kitti_2_tree.write_tree,
}


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    """A tree of every data set under its name, and `shards` of them all."""
    root, rng = tmp_path_factory.mktemp("Bäume"), np.random.default_rng(0)
    for name, write in WRITERS.items():
        (root / name).mkdir()
        write(root / name, rng)
        for frame in {f for s in splits_of(root, name) for v in s for f in v.frames}:
            noise = rng.integers(0, 256, read_image(frame.image).shape, np.uint8)
            write_image(Path(frame.image), noise)
        prepare(name, str(root / name), str(root / "shards"))
    return root


def splits_of(root, name, folder=None):
    """The videos of every split that is there."""
    folder = str(root / (folder or name))
    dataset = open_dataset(name, folder)
    for split in dataset.info.splits:
        try:
            yield dataset.read_videos(folder, split)
        except FileNotFoundError:
            continue


def test_every_data_set_is_turned_into_shards(roots):
    assert sorted(WRITERS) == DATASET_NAMES
    assert sorted(os.listdir(roots / "shards")) == ["driving_video"]


@pytest.mark.parametrize("name", WRITERS)
def test_facts_videos_and_frames_are_those_of_the_tree(name, roots):
    facts = [open_dataset(name, str(roots / f)).info for f in (name, "shards")]
    assert facts[0] == facts[1] and isinstance(facts[1].palette[0], tuple)
    trees, shards = (list(splits_of(roots, name, f)) for f in (name, "shards"))
    assert len(trees) > 0
    for tree, shard in zip(trees, shards, strict=True):
        for a, b in zip(tree, shard, strict=True):
            assert (a.name, a.spacing) == (b.name, b.spacing)
            for frame, stored in zip(a.frames, b.frames, strict=True):
                assert frame.number == stored.number
                assert (frame.label is None) == (stored.label is None)


@pytest.mark.parametrize("every_label", [False, True], ids=["last", "every label"])
@pytest.mark.parametrize("name", WRITERS)
def test_training_clips_are_the_same_to_the_last_bit(name, every_label, roots):
    compared = 0
    for tree, shards in zip(
        splits_of(roots, name), splits_of(roots, name, "shards"), strict=True
    ):
        if not any(frame.label for video in tree for frame in video.frames):
            continue
        ours, theirs = (
            clip_batches(
                clip_index(videos, 2),
                image_size=(7, 9),
                batch_size=1,
                num_frames=2,
                seed=3,
                every_label=every_label,
            )
            for videos in (tree, shards)
        )
        count = min(12, len(clip_index(tree, 2)))
        for a, b in islice(zip(ours, theirs, strict=True), count):
            np.testing.assert_array_equal(a[0], b[0])
            np.testing.assert_array_equal(a[1], b[1])
            compared += 1
    assert compared >= 3


@pytest.mark.parametrize("name", WRITERS)
def test_every_frame_is_stored_once_with_its_own_bytes(name, roots):
    frames, stored = {}, {}
    for tree, shards in zip(
        splits_of(roots, name), splits_of(roots, name, "shards"), strict=True
    ):
        for a, b in zip(tree, shards, strict=True):
            frames |= {frame.image: None for frame in a.frames}
            for frame, file in zip(a.frames, b.frames, strict=True):
                assert stored.setdefault(file.image.index, frame) == frame
                assert file.image.read_bytes() == Path(frame.image).read_bytes()
    assert sorted(stored) == list(range(len(frames)))
    assert len(file.image.source) == len(frames)


def test_a_video_too_short_for_a_part_leaves_that_part_out(tmp_path):
    write_folder(tmp_path / "tree", {"v": numbered(range(4))})
    folder = prepare("folder", str(tmp_path / "tree"), str(tmp_path))
    assert list(splits_left_out(folder)) == ["val"]
    (video,) = open_dataset("folder", str(tmp_path)).read_videos("", "train")
    assert len(video.frames) == 4


def test_a_tree_without_any_split_is_refused(tmp_path):
    (tmp_path / "tree").mkdir()
    for folder in ("nowhere", "tree"):
        with pytest.raises(FileNotFoundError, match=r"train\.txt is missing; .* hold"):
            prepare("camvid", str(tmp_path / folder), str(tmp_path / "shards"))
    assert not (tmp_path / "shards").exists()
    (tmp_path / "tree" / "other").touch()
    with pytest.raises(FileNotFoundError, match=r"train\.txt is missing"):
        prepare("camvid", str(tmp_path / "tree"), str(tmp_path / "shards"))


def damage_label(root):
    (root / "valannot" / "0016E5_07959.png").write_bytes(b"")


def remove_label(root):
    (root / "valannot" / "0016E5_07959.png").unlink()


def repeat_unknown_id(root):
    cv2.imwrite(str(root / "valannot" / "0016E5_07959.png"), np.full((4, 6), 12.0))


@pytest.mark.parametrize(
    "damage, error, message",
    [
        (damage_label, ValueError, r"0016E5_07959\.png .*empty"),
        (remove_label, IncompleteVideosError, r"0016E5_07959\.png is missing"),
        (repeat_unknown_id, ValueError, r"0016E5_07959\.png holds the label value 12"),
    ],
)
def test_what_is_wrong_in_the_tree_leaves_no_shards(damage, error, message, tmp_path):
    write_camvid(tmp_path / "tree", None)
    damage(tmp_path / "tree")
    with pytest.raises(error, match=message):
        prepare("camvid", str(tmp_path / "tree"), str(tmp_path / "shards"))
    assert os.listdir(tmp_path) == ["tree"]
    assert open_dataset("camvid", str(tmp_path / "shards")).info.name == "camvid"


def test_shards_that_are_there_are_not_taken_for_those_of_another_tree(roots):
    with pytest.raises(FileExistsError, match=r"camvid/1\.1\.0 exists already"):
        prepare("camvid", str(roots / "camvid"), str(roots / "shards"))


def test_shards_of_shards_are_refused(roots, tmp_path):
    with pytest.raises(ValueError, match="shards holds shards of camvid already"):
        prepare("camvid", str(roots / "shards"), str(tmp_path))
    assert not os.listdir(tmp_path)


def test_no_bar_is_written_where_there_is_no_terminal(roots, tmp_path, capfd):
    prepare("camvid", str(roots / "camvid"), str(tmp_path))
    out, err = capfd.readouterr()
    assert out == "" and "Generating" not in err and "Shuffling" not in err


def test_nothing_is_left_in_the_folder_for_temporary_files(
    roots, tmp_path, monkeypatch
):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    prepare("camvid", str(roots / "camvid"), str(tmp_path / "shards"))
    assert any(splits_of(tmp_path, "camvid", "shards"))
    assert not list(temporary.iterdir())


def test_an_incomplete_video_can_be_left_out(tmp_path):
    write_camvid(tmp_path / "tree", None)
    (tmp_path / "tree" / "trainannot" / "0006R0_f02040.png").unlink()
    arguments = "camvid", str(tmp_path / "tree"), str(tmp_path / "shards")
    with pytest.raises(IncompleteVideosError, match=r"0006R0_f02040\.png is missing"):
        prepare(*arguments)
    with pytest.raises(ValueError, match="'0009' matches none of the videos 0001TP, 0"):
        prepare(*arguments, VideoSelection(skip=["0009", "0006R0"]))
    assert os.listdir(tmp_path) == ["tree"]
    prepare(*arguments, VideoSelection(skip=["0006R0"]))
    dataset = open_dataset("camvid", str(tmp_path / "shards"))
    assert [v.name for v in dataset.read_videos("", "train")] == ["0001TP"]
    assert [v.name for v in dataset.read_videos("", "val")] == ["0016E5"]


def test_a_disk_that_is_full_is_one_error_with_the_folder(tmp_path, monkeypatch):
    def fail(self, **_):
        raise RuntimeError(
            'Failed to finalize writing of split "frames": write() failed: No space '
            "left on device; writing /some/draft; at byte 200704; Failed to close"
        )

    monkeypatch.setattr(DrivingVideo, "download_and_prepare", fail)
    write_camvid(tmp_path / "tree", None)
    with pytest.raises(OSError, match=r"shards/driving_video/camvid/.* No space left"):
        prepare("camvid", str(tmp_path / "tree"), str(tmp_path / "shards"))
    assert os.listdir(tmp_path) == ["tree"]


def test_what_a_kill_leaves_is_removed_by_the_next_run(tmp_path):
    write_camvid(tmp_path / "tree", None)
    script = """
import os, signal, sys
from data.datasets.driving_video import DrivingVideo, prepare

def die(self, examples):
    yield next(iter(generate(self, examples)))
    os.kill(os.getpid(), signal.SIGKILL)

generate, DrivingVideo._generate_examples = DrivingVideo._generate_examples, die
prepare("camvid", sys.argv[1], sys.argv[2])
"""
    arguments = str(tmp_path / "tree"), str(tmp_path / "shards")
    killed = subprocess.run([sys.executable, "-c", script, *arguments], cwd=ROOT)
    assert killed.returncode == -signal.SIGKILL
    (left,) = (tmp_path / "shards" / "driving_video" / "camvid").iterdir()
    assert left.name[0] == "."
    with pytest.raises(FileNotFoundError, match="train"):  # it is no data set
        open_dataset("camvid", arguments[1]).read_videos(arguments[1], "train")
    folder = prepare("camvid", *arguments)
    assert list(folder.parent.iterdir()) == [folder]


def test_shards_say_how_the_order_of_frames_was_understood(tmp_path):
    by_time = [f"2024-05-01_10-15-{second}.png" for second in range(50, 60)]
    with_score = [f"frame_{n:04}_{n * 37 % 100}.png" for n in range(10)]
    videos = {"counted": numbered(range(10)), "scored": with_score, "times": by_time}
    write_folder(tmp_path / "tree", videos)
    prepare("folder", str(tmp_path / "tree"), str(tmp_path / "shards"))
    notes = []
    for folder in (str(tmp_path / "tree"), str(tmp_path / "shards")):
        found = open_dataset("folder", folder).read_videos(folder, "all")
        notes.append({video.name: video.order_notes() for video in found})
    assert notes[0] == notes[1]
    assert notes[1]["counted"] == []
    assert "are counted by the number 0000 in frame_0000_0" in notes[1]["scored"][0]
    assert "in the order of their names, without gaps" in notes[1]["times"][0]
