import cv2
import numpy as np
import pytest
from virtual_kitti_2_tree import APART, MERGED, SIZE, write_tree

from data.files.images import read_image
from data.readers import virtual_kitti
from data.readers.virtual_kitti_2 import INFO, read_videos
from data.videos.clips import clip_index
from data.videos.selection import select_videos


@pytest.fixture
def tree(tmp_path, rng):
    return tmp_path, write_tree(tmp_path, rng)


def test_classes_are_those_of_1_3_1_in_the_same_order():
    assert INFO.classes == virtual_kitti.INFO.classes
    assert INFO.palette == virtual_kitti.INFO.palette
    assert INFO.image_size == (375, 1242)


@pytest.mark.parametrize("folder", ["classSegmentation", "classsegmentation"])
@pytest.mark.parametrize("places", [MERGED, APART], ids=["merged", "apart"])
def test_every_arrangement_is_read_and_each_camera_is_a_video(
    places, folder, tmp_path, rng
):
    labels = write_tree(tmp_path, rng, places, folder)
    videos = read_videos(str(tmp_path), "all")
    assert [video.name for video in videos] == sorted(labels) and len(videos) == 6
    for video in videos:
        camera = int(video.name[-1])
        assert video.spacing == 1
        assert [f.number for f in video.frames] == list(range(len(labels[video.name])))
        for frame, expected in zip(video.frames, labels[video.name], strict=True):
            label = video.label_encoding.decode(frame.label)
            np.testing.assert_array_equal(label, expected)
            # JPEG keeps a flat grey.
            assert (read_image(frame.image) == 20 * frame.number + camera).all()


def test_archives_may_be_partly_merged(tmp_path, rng):
    places = MERGED | {"textgt": "vkitti_2.0.3_textgt"}
    labels = write_tree(tmp_path, rng, places)
    assert [v.name for v in read_videos(str(tmp_path), "all")] == sorted(labels)


def test_halves_are_floor_halves_and_share_no_frame(tree):
    root, labels = tree
    train, test = (read_videos(str(root), split) for split in ("train", "test"))
    for first, second in zip(train, test, strict=True):
        assert first.name == second.name
        total = len(labels[first.name])
        assert [f.number for f in first.frames] == list(range(total // 2))
        assert [f.number for f in second.frames] == list(range(total // 2, total))


def test_clips_stay_within_their_half_and_camera(tree):
    videos = read_videos(str(tree[0]), "test")
    clips = clip_index(select_videos(videos, only=["Scene01/*"]), num_frames=3)
    numbers = [(c.video.name, *(f.number for f in c.frames)) for c in clips]
    assert numbers == [
        ("Scene01/15-deg-left/Camera_0", 3, 4, 5),
        ("Scene01/15-deg-left/Camera_1", 3, 4, 5),
        ("Scene01/clone/Camera_0", 3, 4, 5),
        ("Scene01/clone/Camera_0", 4, 5, 6),
        ("Scene01/clone/Camera_1", 3, 4, 5),
        ("Scene01/clone/Camera_1", 4, 5, 6),
    ]
    for clip in clips:
        assert all(clip.video.name[-8:] in frame.image for frame in clip.frames)


def test_one_camera_can_be_left_out_by_name(tree):
    left = select_videos(read_videos(str(tree[0]), "train"), skip=["*/Camera_1"])
    assert len(left) == 3 and all(v.name.endswith("/Camera_0") for v in left)


def test_black_is_ignored_even_if_the_list_leaves_it_out(tree):
    root, _ = tree
    path = root / "Scene20" / "fog" / "colors.txt"
    path.write_text(path.read_text().replace("Undefined 0 0 0\n", ""))
    video = read_videos(str(root), "all")[-1]
    cv2.imwrite(video.frames[0].label, np.zeros((*SIZE, 3), np.uint8))
    assert (video.label_encoding.decode(video.frames[0].label) == 255).all()


def test_the_guard_rail_of_1_3_1_is_an_unknown_colour(tree):
    root, _ = tree
    video = read_videos(str(root), "all")[0]
    path = video.frames[2].label
    cv2.imwrite(path, np.full((*SIZE, 3), (255, 100, 255), np.uint8))
    with pytest.raises(ValueError) as error:
        video.label_encoding.decode(path)
    frames = root / "Scene01" / "15-deg-left" / "frames"
    label = frames / "classSegmentation" / "Camera_0" / "classgt_00002.png"
    assert str(error.value) == (
        f"{label} holds the colour (255, 100, 255) at row 0, column 0, which "
        f"{root / 'Scene01' / '15-deg-left' / 'colors.txt'} does not list"
    )


def test_stray_files_and_other_modalities_are_passed_over(tree):
    root, labels = tree
    frames = root / "Scene01" / "clone" / "frames"
    (root / "Scene01" / ".DS_Store").touch()
    (frames / "depth" / "Camera_0").mkdir(parents=True)
    (frames / "rgb" / "Camera_0" / "._rgb_00000.jpg").touch()
    (frames / "rgb" / "Camera_0" / "rgb_00000.png").touch()
    (frames / "rgb" / "Camera_0" / "Thumbs.db").touch()
    videos = read_videos(str(root), "all")
    assert {v.name: len(v.frames) for v in videos} == {
        name: len(maps) for name, maps in labels.items()
    }


@pytest.mark.parametrize("places", [MERGED, APART], ids=["merged", "apart"])
def test_an_empty_folder_says_what_should_be_there(places, tmp_path):
    folder = tmp_path / places["rgb"]
    folder.mkdir(exist_ok=True)
    with pytest.raises(FileNotFoundError) as error:
        read_videos(str(tmp_path), "train")
    assert str(error.value) == (
        f"{folder}/Scene<number>/<variation>/frames/rgb/Camera_0/ is missing; "
        f"{tmp_path} should hold Virtual KITTI 2: the archives rgb, "
        f"classSegmentation and textgt"
    )


def test_a_camera_without_frames_is_named(tree):
    root, _ = tree
    (root / "Scene02" / "rain" / "frames" / "rgb" / "Camera_1").mkdir(parents=True)
    message = r"Camera_1 holds no frame; rgb_00000\.jpg should be there"
    with pytest.raises(FileNotFoundError, match=message):
        read_videos(str(root), "train")


def test_a_missing_colour_list_is_named(tree):
    root, _ = tree
    (root / "Scene20" / "fog" / "colors.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"Scene20/fog/colors\.txt is missing"):
        read_videos(str(root), "train")


def test_a_missing_label_is_named(tree):
    root, _ = tree
    frames = root / "Scene01" / "clone" / "frames"
    (frames / "classSegmentation" / "Camera_1" / "classgt_00001.png").unlink()
    message = r"clone/frames/classSegmentation/Camera_1/classgt_00001\.png is missing"
    with pytest.raises(FileNotFoundError, match=message):
        read_videos(str(root), "train")


def test_a_line_of_the_colour_list_that_cannot_be_read_is_named(tree):
    root, _ = tree
    with (root / "Scene01" / "clone" / "colors.txt").open("ab") as colours:
        colours.write(b"Bus\xff 1 2 3\r\n")
    with pytest.raises(ValueError, match=r"colors\.txt, line 17: 'Bus.*one of the 15"):
        read_videos(str(root), "train")


def test_an_unknown_split_is_refused(tree):
    with pytest.raises(ValueError, match="one of train, test, all for virtual_kitti_2"):
        read_videos(str(tree[0]), "val")
