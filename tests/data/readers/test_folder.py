import itertools
import json
import os

import cv2
import numpy as np
import pytest
from clip_batches import clip_batches
from folder_tree import numbered, write_folder, write_image
from PIL import Image

from data.datasets.class_file import read_classes
from data.datasets.open_dataset import DATASET_NAMES, DATASETS, open_dataset
from data.readers.folder import read_info, read_videos
from data.readers.folder_settings import read_settings
from data.videos.clips import clip_index
from data.videos.video import IncompleteVideosError

SPLITS = {"splits": {"train": ["b", "a10", "a9"], "val": ["c"]}}


def numbers(videos):
    return {video.name: [frame.number for frame in video.frames] for video in videos}


def rewrite_settings(root, **settings):
    path = root / "classes.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))


def test_class_names_alone_are_enough_to_train_on(tmp_path):
    write_folder(tmp_path, {"drive": numbered(range(10))})
    dataset = open_dataset("folder", str(tmp_path))
    clips = clip_index(dataset.read_videos(str(tmp_path), "train"), num_frames=3)
    images, labels = next(
        clip_batches(
            clips,
            image_size=dataset.info.image_size,
            batch_size=1,
            num_frames=3,
            seed=0,
            min_scale=1.0,
            max_scale=1.0,
        ).as_numpy_iterator()
    )
    last = images[0, -1, 0, 0, 0]
    assert (images[0] == np.arange(last - 2, last + 1)[:, None, None, None]).all()
    assert (labels == last % 3).all()


def test_facts_without_settings_come_from_the_images(tmp_path):
    write_folder(tmp_path, {"a": numbered(range(4)), "b": numbered(range(8))})
    info = read_info(str(tmp_path))
    assert info.name == "folder" and info.classes == ("road", "car", "sky")
    assert info.image_size == (6, 8)
    assert info.splits == ("train", "val", "all")
    mean = np.mean([*range(4), *range(8)])
    np.testing.assert_allclose(info.mean_rgb, [mean] * 3, atol=1e-3)
    # The first colours of PASCAL VOC.
    assert info.palette == ((128, 0, 0), (0, 128, 0), (128, 128, 0))


def test_the_mean_colour_is_rgb(tmp_path):
    write_folder(tmp_path, {"a": ["1.png"]})
    red = np.zeros((6, 8, 3), np.uint8)
    red[..., 2] = 200  # OpenCV writes BGR
    write_image(tmp_path / "images" / "a" / "1.png", red)
    assert read_info(str(tmp_path)).mean_rgb == (200.0, 0.0, 0.0)


def test_default_colours_all_differ(tmp_path):
    write_folder(tmp_path, {"a": ["1.png"]})
    rewrite_settings(tmp_path, classes=[f"class {i}" for i in range(255)])
    palette = read_info(str(tmp_path)).palette
    assert len({*palette, (0, 0, 0)}) == 256


def test_facts_that_the_file_gives_are_taken(tmp_path):
    palette = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    settings = {"palette": palette, "mean_rgb": [1, 2.5, 3]} | SPLITS
    write_folder(tmp_path, {n: ["1.png"] for n in ("a9", "a10", "b", "c")}, settings)
    info = read_info(str(tmp_path))
    assert info.palette == ((1, 2, 3), (4, 5, 6), (7, 8, 9))
    assert info.mean_rgb == (1.0, 2.5, 3.0)
    assert info.splits == ("train", "val", "all")


def test_splits_are_lists_of_videos_in_natural_order(tmp_path):
    write_folder(tmp_path, {n: ["1.png"] for n in ("a9", "a10", "b", "c", "d")}, SPLITS)
    names = {s: list(numbers(read_videos(str(tmp_path), s))) for s in ("train", "val")}
    assert names == {"train": ["a9", "a10", "b"], "val": ["c"]}
    every = list(numbers(read_videos(str(tmp_path), "all")))
    assert every == ["a9", "a10", "b", "c", "d"]


def test_without_splits_the_last_fifth_of_every_video_is_val(tmp_path):
    write_folder(tmp_path, {"a": numbered(range(11)), "b": numbered(range(4))})
    parts = {s: numbers(read_videos(str(tmp_path), s)) for s in ("train", "val", "all")}
    assert parts["train"] == {"a": list(range(9)), "b": [0, 1, 2, 3]}
    assert parts["val"] == {"a": [9, 10]}
    assert parts["all"] == {"a": list(range(11)), "b": [0, 1, 2, 3]}


@pytest.mark.parametrize(
    "files, expected",
    [
        (["10.png", "9.png", "100.png"], [9, 10, 100]),
        (["f_8.png", "f_10.jpg", "f_6.JPEG"], [6, 8, 10]),
        (["x_000019_leftImg8bit.png", "x_000020_leftImg8bit.png"], [19, 20]),
        (["2024_1.png", "2024_2.png"], [1, 2]),
        (["a5.png"], [5]),
        (["b.png", "a.png", "c.png"], [0, 1, 2]),
        (["a2.png", "b10.png", "b9.png"], [0, 1, 2]),
    ],
)
def test_frames_are_numbered_by_what_changes_in_their_names(files, expected, tmp_path):
    write_folder(tmp_path, {"v": files}, {"splits": {"train": ["v"]}})
    assert numbers(read_videos(str(tmp_path), "train")) == {"v": expected}


def test_frames_left_out_are_gaps(tmp_path):
    write_folder(tmp_path, {"v": numbered([0, 5, 10, 25, 30])})
    (video,) = read_videos(str(tmp_path), "all")
    assert video.spacing == 5
    assert [len(run) for run in video.unbroken_runs()] == [3, 2]


def test_labels_may_be_there_for_some_frames_or_for_none(tmp_path):
    write_folder(tmp_path, {"v": numbered(range(4))}, labelled=["0001", "0003"])
    write_folder(tmp_path, {"w": numbered(range(4), "jpg")}, labelled=[])
    (tmp_path / "labels" / "w").rmdir()
    v, w = read_videos(str(tmp_path), "all")
    assert [frame.label is not None for frame in v.frames] == [False, True, False, True]
    assert all(frame.label is None for frame in w.frames)
    assert len(clip_index([v, w], num_frames=2)) == 2


def test_labels_in_ids_have_255_ignored_and_others_refused(tmp_path):
    write_folder(tmp_path, {"v": ["1.png"]})
    (video,) = read_videos(str(tmp_path), "all")
    path = tmp_path / "labels" / "v" / "1.png"
    write_image(path, np.array([[0, 1, 2, 255]], np.uint8))
    np.testing.assert_array_equal(
        video.label_encoding.decode(str(path)), [[0, 1, 2, 255]]
    )
    write_image(path, np.array([[0, 3]], np.uint8))
    with pytest.raises(ValueError, match=r"1\.png holds .* 3; .* 0\.\.2, 255"):
        video.label_encoding.decode(str(path))


def test_labels_in_colours_have_black_ignored_and_others_refused(tmp_path):
    palette = [[10, 20, 30], [40, 50, 60], [70, 80, 90]]
    settings = {"labels": "colours", "palette": palette}
    write_folder(tmp_path, {"v": ["1.png"]}, settings)
    (video,) = read_videos(str(tmp_path), "all")
    path = tmp_path / "labels" / "v" / "1.png"
    colours = np.array([[*palette, [0, 0, 0]]], np.uint8)
    write_image(path, colours[..., ::-1])
    np.testing.assert_array_equal(
        video.label_encoding.decode(str(path)), [[0, 1, 2, 255]]
    )
    write_image(path, colours)
    with pytest.raises(ValueError, match=r"\(30, 20, 10\) .*classes\.json does not l"):
        video.label_encoding.decode(str(path))


def test_black_may_be_the_colour_of_a_class(tmp_path):
    settings = {"labels": "colours", "palette": [[9, 9, 9], [0, 0, 0], [5, 5, 5]]}
    write_folder(tmp_path, {"v": ["1.png"]}, settings)
    (video,) = read_videos(str(tmp_path), "all")
    path = tmp_path / "labels" / "v" / "1.png"
    write_image(path, np.zeros((2, 2, 3), np.uint8))
    assert (video.label_encoding.decode(str(path)) == 1).all()


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"classes": []}, "`classes` must be a list of 1 to 255 different names"),
        ({"classes": ["a", "a"]}, "`classes` must be a list"),
        ({"classes": "road"}, "`classes` must be a list"),
        ({"classes": [str(i) for i in range(256)]}, "`classes` must be a list"),
        ({"palette": [[1, 2, 3]]}, "`palette` must be 3 different colours"),
        ({"palette": [[1, 2, 3], [1, 2, 3], [4, 5, 6]]}, "`palette` must be 3 differ"),
        ({"palette": [[1, 2, 256], [1, 2, 3], [4, 5, 6]]}, "`palette` must be 3"),
        ({"labels": "rgb"}, "`labels` must be one of ids, colours"),
        ({"labels": "colours"}, "`labels` .* needs a `palette`"),
        ({"mean_rgb": [1, 2]}, "`mean_rgb` must be three numbers in 0..255"),
        ({"splits": {"train": "v"}}, "`splits` must be lists of different names"),
        ({"splits": {"all": ["v"]}}, "`splits` must be lists"),
        ({"splits": {}}, "`splits` must be lists"),
        ({"colors": 1}, "only palette, labels, mean_rgb, splits are known.*: .*colors"),
    ],
)
def test_settings_out_of_range_name_file_and_rule(settings, message, tmp_path):
    write_folder(tmp_path, {"v": ["1.png"]})
    rewrite_settings(tmp_path, **settings)
    for read in (read_info, lambda folder: read_videos(folder, "all")):
        with pytest.raises(ValueError, match=rf"{tmp_path}/classes\.json: .*{message}"):
            read(str(tmp_path))


@pytest.mark.parametrize("text", ["", "{", "[1]", '"road"', "{}", b"\xe9", "7", "null"])
def test_a_file_that_is_no_settings_is_named(text, tmp_path):
    content = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "classes.json").write_bytes(content)
    with pytest.raises(ValueError, match=rf"^{tmp_path}/classes\.json (is no|has no)"):
        read_info(str(tmp_path))


@pytest.mark.parametrize(
    "text, message",
    [
        ("[" * 100_000, "has too many levels; it should be a file such as"),
        ('{"a":' * 100_000, "has too many levels; it should be a file such as"),
        (" " * 10_000_001, "is larger than 10000000 bytes"),
        ('{"classes": ' + "[" * 500 + "]" * 500 + "}", "`classes` must be a list"),
        ('{"classes": [["a"]]}', "`classes` must be a list"),
        ('{"classes": {"a": 1}}', "`classes` must be a list"),
        ('{"classes": ["a", 1]}', "`classes` must be a list"),
        ('{"classes": ["a", " "]}', "`classes` must be a list"),
        ('{"classes": ["\\ud800"]}', "`classes` must be a list"),
        ('{"classes": null}', "`classes` must be a list"),
        ('"palette": [[true, false, 1]]', "`palette` must be 1 different"),
        ('"palette": [[0.5, 1, 1]]', "`palette` must be 1 different"),
        ('"palette": {"a": [1, 2, 3]}', "`palette` must be 1 different"),
        ('"palette": null', "`palette` must be 1 different"),
        (f'"palette": {[[i, 0, 0] for i in range(256)]}', "`palette` must be 1 diff"),
        ('"mean_rgb": [NaN, 1, 2]', "`mean_rgb` must be three numbers"),
        ('"mean_rgb": [1e999, 1, 2]', "`mean_rgb` must be three numbers"),
        ('"labels": ["ids"]', "`labels` must be one of"),
        ('"splits": {"": ["v"]}', "`splits` must be lists"),
        ('"splits": {"train": ["v\\u0000"]}', "`splits` must be lists"),
        ('"splits": {"train": [["v"]]}', "`splits` must be lists"),
    ],
)
def test_json_that_others_wrote_is_one_short_sentence(text, message, tmp_path):
    path = tmp_path / "classes.json"
    path.write_text(f'{{"classes": ["a"], {text}}}' if text[0] == '"' else text)
    for read in (read_settings, lambda root: read_classes(str(root))):
        with pytest.raises(ValueError, match=message) as error:
            read(tmp_path)
        sentence = str(error.value)
        assert sentence.startswith(str(path)) and "\n" not in sentence
        assert len(sentence) < len(str(path)) + 300


def test_a_byte_order_mark_does_no_harm(tmp_path):
    write_folder(tmp_path, {"v": ["1.png"]})
    path = tmp_path / "classes.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_info(str(tmp_path)).classes == ("road", "car", "sky")


def test_missing_parts_say_what_should_be_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"classes\.json is missing; .* hold"):
        read_info(str(tmp_path))
    (tmp_path / "classes.json").write_text('{"classes": ["road"]}')
    with pytest.raises(FileNotFoundError, match="images is missing; a folder should"):
        read_info(str(tmp_path))
    (tmp_path / "images").mkdir()
    write_image(tmp_path / "images" / "1.png", np.zeros((2, 2), np.uint8))
    with pytest.raises(FileNotFoundError, match="images holds no folder; one folder"):
        read_info(str(tmp_path))


def test_unknown_and_empty_splits_are_refused(tmp_path):
    write_folder(tmp_path, {"v": ["1.png"]}, {"splits": {"train": ["v"], "val": []}})
    with pytest.raises(ValueError, match="`split` must be one of train, val, all for"):
        read_videos(str(tmp_path), "test")
    with pytest.raises(ValueError, match=r"classes\.json: the split val names no vid"):
        read_videos(str(tmp_path), "val")


def test_no_video_long_enough_for_val_is_an_error(tmp_path):
    write_folder(tmp_path, {"v": numbered(range(4))})
    with pytest.raises(FileNotFoundError, match="no video of at least five frames"):
        read_videos(str(tmp_path), "val")


def test_equal_numbers_name_both_files(tmp_path):
    write_folder(tmp_path, {"v": ["f1.png", "f01.png", "f2.png"]})
    with pytest.raises(FileNotFoundError, match=r"images/v: f01 and f1 both have"):
        read_videos(str(tmp_path), "all")


def test_frames_named_by_the_time_follow_each_other(tmp_path):
    names = [f"2024-05-01_10-{m}-{s}.png" for m, s in ((15, 58), (15, 59), (16, "00"))]
    write_folder(tmp_path, {"v": names})
    (video,) = read_videos(str(tmp_path), "all")
    assert [os.path.basename(frame.image) for frame in video.frames] == names
    assert len(video.unbroken_runs()) == 1
    assert "in the order of their names, without gaps" in video.order_notes()[0]


def test_one_frame_in_two_formats_is_refused(tmp_path):
    write_folder(tmp_path, {"v": ["1.png", "1.jpg"]})
    with pytest.raises(FileNotFoundError, match=r"1\.\w+ and .*1\.\w+ are the same fr"):
        read_videos(str(tmp_path), "all")


def test_a_label_without_an_image_is_not_overlooked(tmp_path):
    write_folder(tmp_path, {"v": numbered(range(3))})
    (tmp_path / "images" / "v" / "0001.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"images/v/0001\.png is missing; "):
        read_videos(str(tmp_path), "all")


def test_all_faulty_videos_are_kept_apart_from_the_good_ones(tmp_path):
    write_folder(tmp_path, {"v": numbered(range(3))})
    for name in ("w", "x"):
        (tmp_path / "images" / name).mkdir()
    with pytest.raises(FileNotFoundError, match=r"w holds no .*; and 1 more$") as info:
        read_videos(str(tmp_path), "all")
    assert [video.name for video in info.value.videos] == ["v"]
    assert [fault.videos for fault in info.value.faults] == [("w",), ("x",)]
    assert "images/x holds no" in info.value.faults[1].sentence


def test_open_dataset_knows_the_static_ones_and_the_folder(tmp_path):
    assert set(DATASET_NAMES) == {*DATASETS, "folder"}
    for name in DATASETS:
        assert open_dataset(name, str(tmp_path)) is DATASETS[name]
    with pytest.raises(ValueError, match=r"`name` must be one of .*: name='kitti'"):
        open_dataset("kitti", str(tmp_path))


def test_a_damaged_image_does_not_hide_the_facts(tmp_path):
    write_folder(tmp_path, {"v": numbered(range(3))})
    for n, expected in zip((0, 1), (1.5, 2.0), strict=True):
        (tmp_path / "images" / "v" / f"{n:04}.png").write_bytes(b"")
        assert read_info(str(tmp_path)).mean_rgb == (expected,) * 3
    (tmp_path / "images" / "v" / "0002.png").write_bytes(b"")
    with pytest.raises(ValueError, match=r"no image that can be read: .*0002\.png"):
        read_info(str(tmp_path))


def test_hidden_files_and_others_are_left_alone(tmp_path):
    write_folder(tmp_path, {"v": numbered(range(3))})
    for name in (".DS_Store", "notes.txt", "Thumbs.db"):
        for folder in itertools.product(("images", "labels"), (".", "v")):
            (tmp_path.joinpath(*folder) / name).write_bytes(b"?")
    assert numbers(read_videos(str(tmp_path), "all")) == {"v": [0, 1, 2]}


def test_paletted_labels_are_read_by_their_indices(tmp_path):
    write_folder(tmp_path, {"v": ["1.png"]})
    (video,) = read_videos(str(tmp_path), "all")
    ids = np.array([[0, 1], [2, 255]], np.uint8)
    image = Image.fromarray(ids, mode="P")
    image.putpalette([value for i in range(256) for value in (255 - i, i, 7)])
    path = tmp_path / "labels" / "v" / "1.png"
    image.save(path)
    assert cv2.imread(str(path)).ndim == 3
    np.testing.assert_array_equal(video.label_encoding.decode(str(path)), ids)


def test_an_image_in_two_formats_everywhere_is_named_by_the_facts(tmp_path):
    write_folder(tmp_path, {"v": ["1.png", "1.jpg"]})
    with pytest.raises(ValueError, match=r"1\.\w+ and .*1\.\w+ are the same fr"):
        read_info(str(tmp_path))


@pytest.mark.parametrize("suffix", ["jpg", "webp", "BMP"])
def test_labels_in_other_formats_are_not_passed_over(suffix, tmp_path):
    write_folder(tmp_path, {"v": numbered(range(3)), "w": numbered(range(3))})
    path = tmp_path / "labels" / "v" / "0001.png"
    path.rename(path.with_suffix(f".{suffix}"))
    with pytest.raises(
        IncompleteVideosError, match=rf"0001\.{suffix} is not a PNG"
    ) as e:
        read_videos(str(tmp_path), "all")
    assert [video.name for video in e.value.videos] == ["w"]
