import cv2
import numpy as np
import pytest
from virtual_kitti_tree import SIZE, instances, write_tree

from data.files.images import read_image
from data.readers.virtual_kitti import INFO, read_videos
from data.videos.clips import clip_index


@pytest.fixture
def tree(tmp_path, rng):
    return tmp_path, write_tree(tmp_path, rng)


def test_classes_stand_in_the_authors_order():
    assert list(INFO.classes) == ["Misc", *sorted(set(INFO.classes) - {"Misc"})]
    assert len(INFO.palette) == len(set(INFO.palette)) == 14
    assert INFO.palette[INFO.classes.index("Sky")] == (69, 129, 180)


def test_every_video_that_is_there_is_read(tree):
    root, labels = tree
    videos = read_videos(str(root), "all")
    assert [video.name for video in videos] == sorted(labels)
    for video in videos:
        assert [f.number for f in video.frames] == list(range(len(labels[video.name])))
        assert video.spacing == 1


def test_labels_are_decoded_with_the_file_of_their_own_video(tree):
    root, labels = tree
    for video in read_videos(str(root), "all"):
        for frame, expected in zip(video.frames, labels[video.name], strict=True):
            label = video.label_encoding.decode(frame.label)
            np.testing.assert_array_equal(label, expected)
            assert (read_image(frame.image) == frame.number).all()


def test_halves_are_floor_halves_and_share_no_frame(tree):
    root, labels = tree
    train, test = (read_videos(str(root), split) for split in ("train", "test"))
    for first, second in zip(train, test, strict=True):
        assert first.name == second.name
        total = len(labels[first.name])
        assert [f.number for f in first.frames] == list(range(total // 2))
        assert [f.number for f in second.frames] == list(range(total // 2, total))


def test_clips_stay_within_their_half(tree):
    root, _ = tree
    clips = clip_index(read_videos(str(root), "test"), num_frames=3)
    numbers = [(c.video.name, *(f.number for f in c.frames)) for c in clips]
    assert numbers == [
        ("0001/15-deg-left", 3, 4, 5),
        ("0001/clone", 3, 4, 5),
        ("0001/clone", 4, 5, 6),
    ]


def test_the_full_data_set_would_split_as_the_paper_says():
    lengths = {"0001": 447, "0002": 233, "0006": 270, "0018": 339, "0020": 837}
    assert sum(10 * (n // 2) for n in lengths.values()) == 10610


def test_an_unknown_colour_names_file_and_colour(tree):
    root, _ = tree
    video = read_videos(str(root), "all")[1]
    other = next(iter(instances("0020", "fog").values()))
    cv2.imwrite(video.frames[2].label, np.full((*SIZE, 3), other, np.uint8)[..., ::-1])
    with pytest.raises(ValueError) as error:
        video.label_encoding.decode(video.frames[2].label)
    scenegt = root / "vkitti_1.3.1_scenegt"
    assert str(error.value) == (
        f"{scenegt / '0001' / 'clone' / '00002.png'} holds the colour {other} at row "
        f"0, column 0, which {scenegt / '0001_clone_scenegt_rgb_encoding.txt'} does "
        f"not list"
    )


def test_stray_files_and_hidden_folders_are_passed_over(tree):
    root, labels = tree
    rgb = root / "vkitti_1.3.1_rgb"
    (rgb / ".DS_Store").touch()
    (rgb / "0001" / "notes.txt").touch()
    (rgb / "0001" / ".thumbnails").mkdir()
    (rgb / "0001" / "clone" / "Thumbs.db").touch()
    assert [v.name for v in read_videos(str(root), "all")] == sorted(labels)


def test_an_empty_folder_says_what_should_be_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"vkitti_1\.3\.1_rgb/<world>/<variat"):
        read_videos(str(tmp_path), "train")


def test_a_video_without_frames_is_named(tree):
    root, _ = tree
    (root / "vkitti_1.3.1_rgb" / "0002" / "rain").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match=r"0002/rain holds no frame"):
        read_videos(str(root), "train")


def test_a_missing_encoding_file_is_named(tree):
    root, _ = tree
    name = "0020_fog_scenegt_rgb_encoding.txt"
    (root / "vkitti_1.3.1_scenegt" / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"{name} is missing"):
        read_videos(str(root), "train")


def test_a_missing_label_is_named(tree):
    root, _ = tree
    (root / "vkitti_1.3.1_scenegt" / "0001" / "clone" / "00001.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"scenegt/0001/clone/00001\.png is mi"):
        read_videos(str(root), "train")


def test_an_unknown_split_is_refused(tree):
    with pytest.raises(ValueError, match="one of train, test, all for virtual_kitti"):
        read_videos(str(tree[0]), "val")


@pytest.mark.parametrize(
    "line, message",
    [
        ("Bus 1 2 3", "one of the 14 classes"),
        ("Car:0 1 2", "one of the 14 classes"),
        ("Car:x 1 2 3", "one of the 14 classes"),
        ("Car:9 1 2 256", "above 255"),
        ("Car:9 210 0 200", "that a line above gives to another class"),
    ],
)
def test_a_line_of_the_encoding_that_cannot_be_read_is_named(line, message, tree):
    root, _ = tree
    name = "0001_clone_scenegt_rgb_encoding.txt"
    with (root / "vkitti_1.3.1_scenegt" / name).open("a") as encoding:
        encoding.write(line)
    with pytest.raises(ValueError, match=rf"{name}, line 19: '{line}' .*{message}"):
        read_videos(str(root), "train")


def test_columns_of_an_encoding_may_be_separated_by_any_white_space(tree):
    root, labels = tree
    for path in (root / "vkitti_1.3.1_scenegt").glob("*.txt"):
        path.write_text(path.read_text().replace(" ", " \t  ").replace("\n", " \r\n"))
    for video in read_videos(str(root), "all"):
        label = video.label_encoding.decode(video.frames[0].label)
        np.testing.assert_array_equal(label, labels[video.name][0])


@pytest.mark.parametrize("first", ["", "\n\nCategory(:id) r g b\n"])
def test_an_encoding_may_lack_its_header_or_begin_with_blank_lines(first, tree):
    root, labels = tree
    for path in (root / "vkitti_1.3.1_scenegt").glob("*.txt"):
        path.write_text(first + path.read_text().partition("\n")[2])
    for video in read_videos(str(root), "all"):
        label = video.label_encoding.decode(video.frames[0].label)
        np.testing.assert_array_equal(label, labels[video.name][0])


def test_an_encoding_without_colours_is_refused(tree):
    root, _ = tree
    name = "0001_clone_scenegt_rgb_encoding.txt"
    (root / "vkitti_1.3.1_scenegt" / name).write_text("Category(:id) r g b\n")
    with pytest.raises(ValueError, match=f"{name} lists no colour"):
        read_videos(str(root), "train")
