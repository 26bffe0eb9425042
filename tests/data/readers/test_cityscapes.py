import numpy as np
import pytest
from cityscapes_tree import (
    SIZE,
    TRAIN,
    VAL,
    image_path,
    label_path,
    write,
    write_images,
    write_labels,
    write_single_images,
    write_tree,
)
from clip_batches import clip_batches

from data.files.images import read_image
from data.readers.cityscapes import INFO, read_videos
from data.videos.clips import clip_index, streams
from data.videos.video import IncompleteVideosError

# id, name and train id of cityscapesScripts, helpers/labels.py, written by hand.
LABELS = """
0 unlabeled 255
1 ego vehicle 255
2 rectification border 255
3 out of roi 255
4 static 255
5 dynamic 255
6 ground 255
7 road 0
8 sidewalk 1
9 parking 255
10 rail track 255
11 building 2
12 wall 3
13 fence 4
14 guard rail 255
15 bridge 255
16 tunnel 255
17 pole 5
18 polegroup 255
19 traffic light 6
20 traffic sign 7
21 vegetation 8
22 terrain 9
23 sky 10
24 person 11
25 rider 12
26 car 13
27 truck 14
28 bus 15
29 caravan 255
30 trailer 255
31 train 16
32 motorcycle 17
33 bicycle 18
"""
TRAIN_IDS = {
    int(line.split()[0]): (" ".join(line.split()[1:-1]), int(line.split()[-1]))
    for line in LABELS.strip().splitlines()
}


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "Städte 街"
    write_tree(root)
    return root


def clip_ends(videos, num_frames=4):
    clips = clip_index(videos, num_frames)
    return {(c.video.name, tuple(f.number for f in c.frames)) for c in clips}


def expected_clips(snippets, num_frames=4):
    return {
        (f"{city}/{sequence:06d}", tuple(range(n - num_frames + 1, n + 1)))
        for (city, sequence), labelled in snippets.items()
        for n in labelled
    }


def test_facts_are_those_of_the_19_classes():
    named = {train_id: name for name, train_id in TRAIN_IDS.values() if train_id < 255}
    assert list(INFO.classes) == [named[train_id] for train_id in range(19)]
    assert len(set(INFO.palette)) == 19
    assert INFO.palette[INFO.classes.index("person")] == (220, 20, 60)
    assert INFO.palette[INFO.classes.index("car")] == (0, 0, 142)
    assert INFO.image_size == (1024, 2048)


@pytest.mark.parametrize("split, snippets", [("train", TRAIN), ("val", VAL)])
def test_every_snippet_gives_the_clip_that_ends_in_its_label(split, snippets, root):
    videos = read_videos(str(root), split)
    names = sorted(f"{city}/{sequence:06d}" for city, sequence in snippets)
    assert [video.name for video in videos] == names
    assert clip_ends(videos) == expected_clips(snippets)
    assert len(clip_index(videos, 4)) == sum(map(len, snippets.values()))


def test_history_reaches_back_19_frames_and_further_only_where_snippets_touch(root):
    videos = read_videos(str(root), "train")
    assert clip_ends(videos, 20) == expected_clips(TRAIN, 20)
    touching = {("strasbourg", 0): [95]}
    assert clip_ends(videos, 21) == expected_clips(touching, 21)


def test_paths_and_pixels_belong_together(root):
    video = read_videos(str(root), "val")[0]
    frame = next(f for f in video.frames if f.number == 294)
    assert frame.image == str(image_path(root, "val", "frankfurt", 0, 294))
    assert frame.label == str(label_path(root, "val", "frankfurt", 0, 294))
    assert (read_image(frame.image) == 294 % 256).all()


def test_snippets_of_a_long_sequence_are_streams_of_their_own(root):
    found = streams(read_videos(str(root), "val"))
    ends = [(s.video.name, s.frames[0].number, s.frames[-1].number) for s in found]
    assert ends == [
        ("frankfurt/000000", 275, 304),
        ("frankfurt/000000", 557, 586),
        ("frankfurt/000001", 519, 548),
        ("munster/000020", 0, 29),
    ]


def test_every_id_becomes_its_train_id(root):
    video = read_videos(str(root), "val")[0]
    path = str(label_path(root, "val", "frankfurt", 0, 294))
    ids = np.array([[*TRAIN_IDS, 255]], np.uint8)  # 255: licence plate, -1, in 8 bits
    write(label_path(root, "val", "frankfurt", 0, 294), ids)
    expected = [[*(train_id for _, train_id in TRAIN_IDS.values()), 255]]
    np.testing.assert_array_equal(video.label_encoding.decode(path), expected)


@pytest.mark.parametrize("value", [34, 254])
def test_an_id_beyond_33_names_file_and_value(value, root):
    video = read_videos(str(root), "val")[0]
    path = label_path(root, "val", "frankfurt", 0, 294)
    write(path, np.full(SIZE, value, np.uint8))
    with pytest.raises(ValueError, match=rf"294_gtFine_labelIds.* value {value}; .*33"):
        video.label_encoding.decode(str(path))


@pytest.fixture
def train_ids_root(tmp_path):
    write_images(tmp_path, "val", VAL)
    write_labels(tmp_path, "val", VAL, kinds=("labelTrainIds",))
    return tmp_path


def test_train_ids_are_read_where_there_are_no_ids(train_ids_root):
    video = read_videos(str(train_ids_root), "val")[0]
    path = label_path(train_ids_root, "val", "frankfurt", 0, 294, "labelTrainIds")
    assert str(path) in [frame.label for frame in video.frames]
    write(path, np.array([[*range(19), 255]], np.uint8))
    labels = video.label_encoding.decode(str(path))
    np.testing.assert_array_equal(labels, [[*range(19), 255]])
    assert clip_ends([video]) == expected_clips({("frankfurt", 0): [294, 576]})


def test_an_id_in_a_file_of_train_ids_is_refused(train_ids_root):
    video = read_videos(str(train_ids_root), "val")[0]
    path = label_path(train_ids_root, "val", "frankfurt", 0, 294, "labelTrainIds")
    write(path, np.full(SIZE, 19, np.uint8))
    with pytest.raises(ValueError, match=r"labelTrainIds.* value 19; .* 0\.\.18, 255"):
        video.label_encoding.decode(str(path))


def test_of_both_kinds_the_more_complete_one_is_read_and_else_the_ids(root):
    write_labels(root, "val", VAL, kinds=("labelTrainIds",), value=0)
    labels = [f.label for v in read_videos(str(root), "val") for f in v.frames]
    assert {path.split("_")[-1] for path in filter(None, labels)} == {"labelIds.png"}
    label_path(root, "val", "munster", 20, 19).unlink()
    munster = read_videos(str(root), "val")[-1]
    assert munster.frames[19].label.endswith(
        "munster_000020_000019_gtFine_labelTrainIds.png"
    )
    assert (munster.label_encoding.decode(munster.frames[19].label) == 0).all()


def test_placeholders_of_the_test_split_are_no_labels(root):
    videos = read_videos(str(root), "test")
    assert [video.name for video in videos] == ["berlin/000000", "bielefeld/000000"]
    assert [len(video.frames) for video in videos] == [30, 30]
    with pytest.raises(ValueError, match="None of the 2 videos has a labelled frame"):
        clip_index(videos, 4)


def test_demo_videos_are_streams_without_labels(tmp_path):
    for city, sequence, first in (("stuttgart_00", 0, 1), ("stuttgart_02", 0, 5100)):
        for number in range(first, first + 5):
            path = image_path(
                tmp_path, "demoVideo", city, sequence, number, "leftImg8bit"
            )
            write(path, np.zeros((*SIZE, 3), np.uint8))
    videos = read_videos(str(tmp_path), "demoVideo")
    assert [v.name for v in videos] == ["stuttgart_00/000000", "stuttgart_02/000000"]
    assert not any(frame.label for video in videos for frame in video.frames)
    assert [[f.number for f in s.frames] for s in streams(videos)] == [
        [1, 2, 3, 4, 5],
        [5100, 5101, 5102, 5103, 5104],
    ]


def test_single_images_are_read_where_there_are_no_sequences(tmp_path):
    # Labelled frames at equal distances, which must not pass for a slow video.
    snippets = {("frankfurt", 0): [100, 200, 300, 400, 500], ("munster", 20): [19]}
    write_single_images(tmp_path, "val", snippets)
    write_labels(tmp_path, "val", snippets)
    videos = read_videos(str(tmp_path), "val")
    assert clip_ends(videos, 1) == expected_clips(snippets, 1)
    with pytest.raises(
        ValueError, match=r"longest run without a gap has 1 frame \(video"
    ):
        clip_index(videos, 4)


def test_sequences_come_before_single_images(root):
    write_single_images(root, "val", VAL)
    videos = read_videos(str(root), "val")
    assert clip_ends(videos) == expected_clips(VAL)


def test_a_single_image_without_label_is_named(tmp_path):
    write_single_images(tmp_path, "val", VAL)
    write_labels(tmp_path, "val", VAL)
    label_path(tmp_path, "val", "frankfurt", 0, 576).unlink()
    with pytest.raises(FileNotFoundError, match=r"_000576_gtFine_labelIds\.png is mis"):
        read_videos(str(tmp_path), "val")


@pytest.mark.parametrize(
    "city, sequence, number, message",
    [
        ("frankfurt", 0, 576, "gtFine/val/frankfurt holds no label .* 557 to 586 of f"),
        ("frankfurt", 1, 538, "519 to 548 of frankfurt/000001; every snippet of 30"),
        (
            "munster",
            20,
            19,
            "gtFine/val/munster is missing or holds no label; label maps such as",
        ),
    ],
)
def test_a_snippet_without_label_is_named(city, sequence, number, message, root):
    label_path(root, "val", city, sequence, number).unlink()
    with pytest.raises(FileNotFoundError, match=message):
        read_videos(str(root), "val")


def test_all_faults_are_listed_with_what_could_be_read(root):
    for city, sequence, number in (("frankfurt", 0, 576), ("frankfurt", 1, 538)):
        label_path(root, "val", city, sequence, number).unlink()
    (root / "leftImg8bit_sequence" / "val" / "lindau").mkdir()
    with pytest.raises(IncompleteVideosError, match=r"; and 2 more$") as error:
        read_videos(str(root), "val")
    names = ["lindau holds no frame", "557 to 586 of frank", "519 to 548 of frank"]
    for name, fault in zip(names, error.value.faults, strict=True):
        assert name in fault.sentence
    assert len(error.value.videos) == 3


@pytest.mark.parametrize("number", [65, 95])
def test_a_missing_label_is_noticed_between_snippets_that_touch(number, root):
    label_path(root, "train", "strasbourg", 0, number).unlink()
    with pytest.raises(FileNotFoundError, match="of strasbourg/000000; every snippet"):
        read_videos(str(root), "train")


def test_a_label_without_image_is_named(root):
    image_path(root, "val", "frankfurt", 1, 538).unlink()
    with pytest.raises(FileNotFoundError, match=r"_000538_leftImg8bit\.png is missing"):
        read_videos(str(root), "val")


@pytest.mark.parametrize("gap", [291, 293])
def test_a_gap_before_the_label_costs_that_clip_alone(gap, root):
    image_path(root, "val", "frankfurt", 0, gap).unlink()
    others = VAL | {("frankfurt", 0): [576]}
    assert clip_ends(read_videos(str(root), "val")) == expected_clips(others)


def test_a_snippet_that_breaks_off_keeps_its_clip(root):
    for number in (275, 290, *range(296, 305)):
        image_path(root, "val", "frankfurt", 0, number).unlink()
    assert clip_ends(read_videos(str(root), "val")) == expected_clips(VAL)


def test_cities_that_are_not_there_are_passed_over(root):
    for path in (root / "leftImg8bit_sequence" / "val" / "munster").iterdir():
        path.unlink()
    (root / "leftImg8bit_sequence" / "val" / "munster").rmdir()
    names = [video.name for video in read_videos(str(root), "val")]
    assert names == ["frankfurt/000000", "frankfurt/000001"]


def test_stray_files_are_passed_over(root):
    cities = root / "leftImg8bit_sequence" / "val"
    (cities / ".DS_Store").touch()
    (cities / "._frankfurt").mkdir()
    (cities / "readme.txt").touch()
    (cities / "munster" / "._munster_000020_000019_leftImg8bit.png").touch()
    (cities / "munster" / "munster_000020_000031_rightImg8bit.png").touch()
    (cities / "munster" / "lindau_000020_000030_leftImg8bit.png").touch()
    assert clip_ends(read_videos(str(root), "val")) == expected_clips(VAL)


@pytest.mark.parametrize("split", INFO.splits)
def test_an_empty_folder_says_what_should_lie_where(split, tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        read_videos(str(tmp_path), split)
    trees = [f"leftImg8bit_sequence/{split}/<city>/", f"leftImg8bit/{split}/<city>/"]
    labels = f", and gtFine/{split}/<city>/" if split in ("train", "val") else ""
    assert str(error.value) == (
        f"{tmp_path}/{trees[0]} is missing; {tmp_path} should hold Cityscapes: "
        f"{trees[0]} or, for single images and the demo videos, {trees[1]}{labels}"
    )


def test_missing_labels_say_what_should_lie_where(tmp_path):
    write_images(tmp_path, "val", {("munster", 0): [19]})
    with pytest.raises(
        FileNotFoundError, match=r"gtFine/val is missing; .*should hold"
    ):
        read_videos(str(tmp_path), "val")


def test_a_city_without_frames_is_named(root):
    (root / "leftImg8bit_sequence" / "val" / "lindau").mkdir()
    with pytest.raises(
        FileNotFoundError, match=r"val/lindau holds no frame; images such as lindau_00"
    ):
        read_videos(str(root), "val")


def test_an_unknown_split_is_refused(tmp_path):
    with pytest.raises(ValueError, match="one of train, val, test, demoVideo for city"):
        read_videos(str(tmp_path), "validation")


def test_clips_reach_the_training_pipeline(root, rng):
    ids = rng.integers(0, 34, SIZE).astype(np.uint8)
    for (city, sequence), labelled in VAL.items():
        for n in labelled:
            write(label_path(root, "val", city, sequence, n), ids)
    clips = clip_index(read_videos(str(root), "val"), 4)
    expected = np.array([train_id for _, train_id in TRAIN_IDS.values()])[ids]
    images, labels = next(
        clip_batches(
            clips,
            image_size=SIZE,
            batch_size=len(clips),
            num_frames=4,
            seed=0,
            min_scale=1.0,
            max_scale=1.0,
            flip=False,
        ).as_numpy_iterator()
    )
    assert images.shape == (len(clips), 4, *SIZE, 3)
    np.testing.assert_array_equal(labels, np.stack([expected] * len(clips)))
    greys = {tuple(clip[:, 0, 0, 0].tolist()) for clip in images}
    assert greys == {
        tuple((n + k) % 256 for k in (-3, -2, -1, 0))
        for labelled in VAL.values()
        for n in labelled
    }
