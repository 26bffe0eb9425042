import re
import time
from collections import defaultdict

import cv2
import numpy as np
import pytest
from camvid_tree import write_tree

from data.files.images import read_image
from data.readers.camvid import INFO, read_videos
from data.videos.clips import clip_index
from data.videos.selection import select_videos


def test_facts_agree_with_one_another():
    assert len(INFO.classes) == len(INFO.palette) == len(set(INFO.palette)) == 11
    assert INFO.classes[3] == "Road" and INFO.palette[3] == (128, 64, 128)
    assert INFO.classes[10] == "Bicyclist"
    assert INFO.void_id == 11


@pytest.mark.parametrize("prefix", ["", "/SegNet/CamVid/", "C:\\My data\\"])
def test_drives_are_told_apart_and_ordered_whatever_the_prefix(prefix, tmp_path):
    write_tree(tmp_path, prefix=prefix)
    videos = read_videos(str(tmp_path), "train")
    assert [video.name for video in videos] == ["0001TP", "0006R0"]
    assert [f.number for f in videos[0].frames] == [6690, 6720, 6750]
    assert [f.number for f in videos[1].frames] == [2040]
    assert videos[0].spacing == 30
    frame = videos[1].frames[0]
    assert frame.image == str(tmp_path / "train" / "0006R0_f02040.png")
    assert frame.label == str(tmp_path / "trainannot" / "0006R0_f02040.png")


def test_labels_are_the_ids_with_11_ignored(tmp_path):
    write_tree(tmp_path)
    video = read_videos(str(tmp_path), "train")[0]
    ids = np.arange(12, dtype=np.uint8).reshape(3, 4)
    cv2.imwrite(video.frames[0].label, ids)
    labels = video.label_encoding.decode(video.frames[0].label)
    np.testing.assert_array_equal(labels, [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 255]])


def test_a_label_above_11_names_file_and_value(tmp_path):
    write_tree(tmp_path)
    video = read_videos(str(tmp_path), "train")[0]
    cv2.imwrite(video.frames[0].label, np.full((3, 4), 12, np.uint8))
    with pytest.raises(ValueError, match=r"annot/0001TP_006690\.png holds .* 12; .*11"):
        video.label_encoding.decode(video.frames[0].label)


def test_a_missing_list_says_what_should_be_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"val\.txt is missing; .*should hold"):
        read_videos(str(tmp_path), "val")


def test_a_missing_label_is_named(tmp_path):
    write_tree(tmp_path)
    (tmp_path / "trainannot" / "0001TP_006720.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"trainannot/0001TP_006720\.png is mi"):
        read_videos(str(tmp_path), "train")


def test_an_unknown_split_is_refused(tmp_path):
    with pytest.raises(ValueError, match="`split` must be one of train, val, test for"):
        read_videos(str(tmp_path), "training")


def test_an_empty_list_is_refused(tmp_path):
    write_tree(tmp_path, names=[])
    with pytest.raises(ValueError, match=r"train\.txt lists no frame"):
        read_videos(str(tmp_path), "train")


@pytest.mark.parametrize(
    "line", ["train/0001TP_1.png", "a.png b.png", "0001TP_1.jpg 0001TP_1.jpg", "x"]
)
def test_a_line_that_cannot_be_read_is_named(line, tmp_path):
    write_tree(tmp_path)
    with (tmp_path / "train.txt").open("a") as listing:
        listing.write(f"\n{line}\n")
    with pytest.raises(ValueError, match=r"train\.txt, line 6: .* should be an image"):
        read_videos(str(tmp_path), "train")


def numbers_by_drive(folder):
    drives = defaultdict(set)
    for path in folder.glob("*.png"):
        drive, number = re.fullmatch(r"(\w+)_f?(\d+)", path.stem).groups()
        drives[drive].add(int(number))
    return drives


@pytest.mark.parametrize("split, num_images", [("train", 367), ("val", 101)])
def test_all_real_frames_are_read(split, num_images, camvid_dir):
    videos = read_videos(str(camvid_dir), split)
    found = {video.name: {f.number for f in video.frames} for video in videos}
    assert found == numbers_by_drive(camvid_dir / split)
    assert sum(len(video.frames) for video in videos) == num_images


@pytest.mark.parametrize("split, spacing", [("train", 30), ("val", 2)])
@pytest.mark.parametrize("num_frames, stride", [(1, 1), (4, 1), (3, 2)])
def test_real_clips_are_all_that_the_file_names_allow(
    split, spacing, num_frames, stride, camvid_dir
):
    expected = set()
    for drive, numbers in numbers_by_drive(camvid_dir / split).items():
        for last in numbers:
            first = last - spacing * stride * (num_frames - 1)
            if all(n in numbers for n in range(first, last, spacing)):
                expected.add((drive, first, last))
    clips = clip_index(read_videos(str(camvid_dir), split), num_frames, stride)
    found = [(c.video.name, c.frames[0].number, c.frames[-1].number) for c in clips]
    assert set(found) == expected and len(found) == len(expected)


def test_a_real_drive_can_be_left_out(camvid_dir):
    videos = read_videos(str(camvid_dir), "train")
    left = select_videos(videos, skip=["0016E5"])
    assert [video.name for video in left] == ["0001TP", "0006R0"]


def test_real_labels_are_in_range_and_as_large_as_their_images(camvid_dir):
    seen = set()
    for split in ("train", "val"):
        for video in read_videos(str(camvid_dir), split):
            for frame in video.frames[::10]:
                label = video.label_encoding.decode(frame.label)
                assert label.shape == read_image(frame.image).shape[:2] == (360, 480)
                seen |= set(np.unique(label).tolist())
    assert seen == {*range(11), 255}


def test_mean_colour_is_that_of_the_real_training_images(camvid_dir):
    means = [
        read_image(frame.image).mean(axis=(0, 1))
        for video in read_videos(str(camvid_dir), "train")
        for frame in video.frames[::4]
    ]
    # Every fourth image only: within a level of the mean of all.
    np.testing.assert_allclose(np.mean(means, axis=0), INFO.mean_rgb, atol=1)


@pytest.mark.parametrize("line", ["a" * 2_000_000, "/x " * 600_000, " ." * 10**6])
def test_a_very_long_line_takes_no_time_and_little_room(line, tmp_path):
    write_tree(tmp_path)
    with (tmp_path / "train.txt").open("a") as listing:
        listing.write(line)
    start = time.perf_counter()
    with pytest.raises(
        FileNotFoundError, match=r"train\.txt, line 5: .*\.\.\.' shou"
    ) as e:
        read_videos(str(tmp_path), "train")
    assert time.perf_counter() - start < 5  # a pattern took hours
    assert len(str(e.value)) < len(str(tmp_path)) + 300


def test_a_number_of_too_many_digits_is_no_frame(tmp_path):
    write_tree(tmp_path)
    with (tmp_path / "train.txt").open("a") as listing:
        listing.write(f"0001TP_{'1' * 5000}.png 0001TP_{'1' * 5000}.png")
    with pytest.raises(FileNotFoundError, match=r"train\.txt, line 5: "):
        read_videos(str(tmp_path), "train")
