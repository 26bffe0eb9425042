import os

import pytest

from data.videos.frame_tree import FrameTree, frame_key


def tree_of(root, *files, suffixes=(".png",)):
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return FrameTree(root, suffixes, "predictions")


def found(tree):
    """Frame numbers by video, and the spacing."""
    return {v.name: [f.number for f in v.frames] for v in tree.videos()}


@pytest.mark.parametrize(
    "stem, key",
    [
        ("frankfurt_000000_000294_leftImg8bit", "frankfurt_000000_000294"),
        ("frankfurt_000000_000294_gtFine_labelIds", "frankfurt_000000_000294"),
        ("frankfurt_000000_000294", "frankfurt_000000_000294"),
        ("stuttgart_02_000000_005100_labelIds", "stuttgart_02_000000_005100"),
        ("classgt_00012", "00012"),
        ("rgb_00012", "00012"),
        ("0001TP_006690_L", "0001TP_006690"),
        ("0001TP_006690", "0001TP_006690"),
        ("frame 7", "frame 7"),
    ],
)
def test_files_of_a_frame_share_a_key(stem, key):
    assert frame_key(stem) == key


def test_one_folder_is_one_video_in_natural_order(tmp_path):
    root = tmp_path / "fahrt"
    tree = tree_of(root, "f2.png", "f10.png", "f1.png", "notes.txt", ".f3.png")
    assert found(tree) == {"fahrt": [1, 2, 10]}
    (video,) = tree.videos()
    assert [len(run) for run in video.unbroken_runs()] == [2, 1]


def test_folders_at_any_depth_are_videos(tmp_path):
    tree = tree_of(tmp_path, "a/1.png", "a/b/c/1.png", "a/b/c/2.PNG", ".git/1.png")
    assert found(tree) == {"a": [1], "a/b/c": [1, 2]}


def test_camvids_drives_in_one_folder_are_videos(tmp_path):
    names = ["0016E5_07959", "0016E5_07961", "0001TP_006690", "0006R0_f00930"]
    tree = tree_of(tmp_path, *(f"{name}.png" for name in names))
    assert found(tree) == {
        "0001TP": [6690],
        "0006R0_f": [930],
        "0016E5": [7959, 7961],
    }


def test_clips_in_one_folder_are_videos_also_where_a_number_tells_them(tmp_path):
    names = [f"clip{clip}_{frame:03}" for clip in range(5) for frame in (4, 5, 6)]
    tree = tree_of(tmp_path, *(f"{name}.png" for name in names))
    assert found(tree) == {f"clip{clip}": [4, 5, 6] for clip in range(5)}


def test_a_last_number_that_stays_counts_no_frames(tmp_path):
    tree = tree_of(tmp_path / "kitti", *(f"00000{i}_10.png" for i in range(3)))
    assert found(tree) == {"kitti": [0, 1, 2]}


def test_names_whose_numbers_change_together_are_one_video(tmp_path):
    names = [f"{i:03}_at_{33 * i}ms" for i in range(4)]
    tree = tree_of(tmp_path / "x", *(f"{name}.png" for name in names))
    assert found(tree) == {"x": [0, 1, 2, 3]}


def test_names_without_numbers_are_one_video_in_their_order(tmp_path):
    tree = tree_of(tmp_path / "x", "b.png", "a.png", "ü.png")
    assert found(tree) == {"x": [0, 1, 2]}


def test_labelled_images_of_cityscapes_are_no_neighbours(tmp_path):
    short = [f"aachen_{i:06}_000019_labelIds.png" for i in range(3)]
    long = [f"bonn_000000_0000{i}9_labelIds.png" for i in range(3)]
    tree = tree_of(tmp_path, *short, *long)
    videos = {video.name: video for video in tree.videos()}
    assert list(videos) == [*(f"aachen_{i:06}" for i in range(3)), "bonn_000000"]
    assert [len(run) for run in videos["bonn_000000"].unbroken_runs()] == [1, 1, 1]


def test_a_frame_is_found_by_place_first_and_by_key_where_that_will_do(tmp_path):
    tree = tree_of(tmp_path, "a/1.png", "b/1.png", "b/2.png")
    assert tree.find("b", "1").endswith("b/1.png")
    assert tree.find("c", "1", anywhere=True) is None
    assert tree.find("c", "2") is None
    assert tree.find("c", "2", anywhere=True).endswith("b/2.png")
    assert not tree.has_unique_keys
    assert tree_of(tmp_path / "b").has_unique_keys


def test_virtual_kitti_2_names_its_videos_without_the_kind(tmp_path):
    file = "Scene01/clone/frames/forwardFlow/Camera_0/flow_00003.png"
    tree = tree_of(tmp_path, file)
    assert tree.find("Scene01/clone/Camera_0", "00003").endswith(file)


def test_images_of_other_formats_are_not_passed_over_without_a_word(tmp_path):
    tree_of(tmp_path, "v/1.png", "v/2.png")
    (tmp_path / "v" / "3.jpg").write_bytes(b"x")
    with pytest.warns(RuntimeWarning, match=r"1 images in .*v/3\.jpg, are not read"):
        assert len(FrameTree(tmp_path, (".png",), "label maps").files) == 2
    for name in ("1.png", "2.png"):
        (tmp_path / "v" / name).unlink()
    with pytest.raises(ValueError, match=r"no label maps but images such as .*3\.jpg"):
        FrameTree(tmp_path, (".png",), "label maps")


def test_links_are_followed_and_loops_end(tmp_path):
    tree_of(tmp_path / "real", "1.png")
    (tmp_path / "root").mkdir()
    os.symlink(tmp_path / "real", tmp_path / "root" / "video")
    os.symlink(tmp_path / "root", tmp_path / "root" / "loop")
    assert found(FrameTree(tmp_path / "root", (".png",), "maps")) == {"video": [1]}


def test_what_is_wrong_is_one_sentence(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nix is missing; a folder of maps"):
        FrameTree(tmp_path / "nix", (".png",), "maps")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileNotFoundError, match=r"file is a file; a folder of maps"):
        FrameTree(tmp_path / "file", (".png",), "maps")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"empty holds no maps; files ending in \.png"):
        FrameTree(tmp_path / "empty", (".png",), "maps")
    with pytest.raises(ValueError, match="both have frame number 1"):
        tree_of(tmp_path / "twice", "1.png", "01.png", "2.png").videos()
    names = ["x_000000_000001_gtFine_color.png", "x_000000_000001_gtFine_labelIds.png"]
    with pytest.raises(ValueError, match="belong to the same frame"):
        tree_of(tmp_path / "kinds", *names)
