"""Trees of data sets as people unpack them: nested, in capitals, in part."""

import shutil

import camvid_32_tree
import camvid_tree
import cityscapes_tree
import pytest
import virtual_kitti_2_tree
import virtual_kitti_tree
from cityscapes_tree import VAL, image_path
from folder_tree import numbered, write_folder

from data.datasets.check import check_dataset
from data.datasets.open_dataset import DATASETS, open_dataset
from data.readers.unpacked import find_folder, hint
from data.videos.selection import VideoSelection, read_selected
from data.videos.video import IncompleteVideosError

WRITERS = {
    "camvid": lambda root, rng: camvid_tree.write_tree(root),
    "camvid_32": lambda root, rng: camvid_32_tree.write_tree(root),
    "cityscapes": lambda root, rng: cityscapes_tree.write_tree(root),
    "virtual_kitti": virtual_kitti_tree.write_tree,
    "virtual_kitti_2": virtual_kitti_2_tree.write_tree,
}


@pytest.fixture(params=WRITERS)
def name(request):
    return request.param


@pytest.fixture
def tree(name, tmp_path, rng):
    root = tmp_path / "root"
    root.mkdir()
    WRITERS[name](root, rng)
    return root


def facts(root, name, split="train"):
    """The result of a reader without the paths."""
    return [
        (v.name, v.spacing, [(f.number, f.label is not None) for f in v.frames])
        for v in DATASETS[name].read_videos(str(root), split)
    ]


def test_suffixes_in_capitals_make_no_difference(tree, name):
    expected = facts(tree, name)
    for path in list(tree.rglob("*.*g")):
        path.rename(path.with_suffix(path.suffix.upper()))
    assert not list(tree.rglob("*.png"))
    assert facts(tree, name) == expected
    report = check_dataset(DATASETS[name], str(tree), ["train"], 1, progress=False)
    assert report.faults == []


@pytest.mark.parametrize("name", ["cityscapes", "virtual_kitti"], indirect=True)
def test_archives_may_be_unpacked_into_folders_of_their_own(tree, name):
    expected = facts(tree, name)
    for folder in list(tree.iterdir()):
        archive = tree / f"{folder.name}_trainvaltest"
        archive.mkdir()
        folder.rename(archive / folder.name)
    assert facts(tree, name) == expected


def test_virtual_kitti_2_may_lie_in_a_folder_within_its_archive(tmp_path, rng):
    virtual_kitti_2_tree.write_tree(tmp_path, rng, virtual_kitti_2_tree.APART)
    expected = facts(tmp_path, "virtual_kitti_2")
    folder = tmp_path / "vkitti_2.0.3_classSegmentation"
    (tmp_path / "download").mkdir()
    folder.rename(tmp_path / "download" / folder.name)
    assert facts(tmp_path, "virtual_kitti_2") == expected


def test_the_folders_that_macos_adds_to_a_zip_are_ignored(tree, name):
    expected = facts(tree, name)
    copy = tree.parent / "copy"
    shutil.copytree(tree, copy)
    for folder in [tree, *(p for p in tree.rglob("*") if p.is_dir())]:
        shutil.copytree(copy, folder / "__MACOSX")
    assert facts(tree, name) == expected


def test_a_plain_folder_from_a_zip_of_macos_has_no_more_videos(tmp_path):
    write_folder(tmp_path, {"a": numbered(range(6))})
    shutil.copytree(tmp_path / "images", tmp_path / "images" / "__MACOSX")
    dataset = open_dataset("folder", str(tmp_path))
    assert [v.name for v in dataset.read_videos(str(tmp_path), "all")] == ["a"]


def test_an_archive_that_is_not_unpacked_is_named(tmp_path, name):
    (tmp_path / "leftImg8bit_trainvaltest.zip").touch()
    with pytest.raises(FileNotFoundError) as error:
        DATASETS[name].read_videos(str(tmp_path), "train")
    archive = f"{tmp_path}/leftImg8bit_trainvaltest.zip"
    if name == "cityscapes":
        end = f"; {archive} is there, and has to be unpacked"
    else:
        end = f"; {archive} may have to be unpacked"
    assert str(error.value).endswith(end)


def test_an_archive_that_is_unpacked_already_is_not_blamed_first(tmp_path):
    root = tmp_path / "a" / "data"
    cityscapes_tree.write_images(root, "val", VAL)
    for folder in ("gtFine", "leftImg8bit_sequence"):
        (root / f"{folder}_trainvaltest.zip").touch()
    with pytest.raises(FileNotFoundError, match=r"gtFine_\w+\.zip is there, and has t"):
        DATASETS["cityscapes"].read_videos(str(root), "val")
    (tmp_path / "other.zip").touch()
    with pytest.raises(FileNotFoundError, match=f"so give the folder {root} instead"):
        DATASETS["cityscapes"].read_videos(str(tmp_path), "val")


def test_labels_that_are_not_unpacked_are_named(tmp_path):
    cityscapes_tree.write_images(tmp_path, "val", VAL)
    (tmp_path / "gtFine_trainvaltest.zip").touch()
    with pytest.raises(FileNotFoundError, match=r"gtFine_trainvaltest\.zip is th"):
        DATASETS["cityscapes"].read_videos(str(tmp_path), "val")


@pytest.mark.parametrize("above", [True, False])
def test_a_folder_too_high_or_too_low_says_which_one_to_give(tree, name, above):
    if name == "camvid" or above:
        given = tree.parent / "given" if above else tree / "train"
    else:
        given = next(path for path in tree.iterdir() if path.is_dir())
    if above:
        (given / "downloads").mkdir(parents=True)
        tree.rename(given / "downloads" / "tree")
        tree = given / "downloads" / "tree"
    with pytest.raises(FileNotFoundError, match=f"so give the folder {tree} instead"):
        DATASETS[name].read_videos(str(given), "train")


def test_a_folder_that_is_not_there_is_said(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=f"; {tmp_path}/x does not exist$"):
        DATASETS[name].read_videos(str(tmp_path / "x"), "train")


def test_a_plain_folder_too_high_says_which_one_to_give(tmp_path):
    (tmp_path / "videos").mkdir()
    write_folder(tmp_path / "videos", {"a": numbered(range(6))})
    with pytest.raises(FileNotFoundError, match=f"the folder {tmp_path}/videos i"):
        open_dataset("folder", str(tmp_path))


def test_an_empty_city_of_the_sequences_can_be_skipped(tmp_path):
    cityscapes_tree.write_tree(tmp_path)
    read = DATASETS["cityscapes"].read_videos
    (tmp_path / "leftImg8bit_sequence" / "val" / "lindau").mkdir()
    with pytest.raises(
        IncompleteVideosError, match=r"lindau holds no frame; .* removed"
    ):
        read_selected(read, str(tmp_path), "val", VideoSelection())
    others = read_selected(
        read, str(tmp_path), "val", VideoSelection(skip=["lindau/*"])
    )
    assert [v.name for v in others][:2] == ["frankfurt/000000", "frankfurt/000001"]
    assert len(others) == 3


def test_sequences_of_empty_cities_alone_give_way_to_single_images(tmp_path):
    cityscapes_tree.write_single_images(tmp_path, "val", VAL)
    cityscapes_tree.write_labels(tmp_path, "val", VAL)
    expected = facts(tmp_path, "cityscapes", "val")
    for city in ("frankfurt", "munster"):
        (tmp_path / "leftImg8bit_sequence" / "val" / city).mkdir(parents=True)
    assert facts(tmp_path, "cityscapes", "val") == expected


def damage_city(root):
    """Its labels are missing."""
    for path in (root / "gtFine" / "val" / "frankfurt").iterdir():
        path.unlink()
    return "cityscapes", "val", ["frankfurt/*"]


def damage_sequence(root):
    image_path(root, "val", "frankfurt", 1, 538).unlink()
    return "cityscapes", "val", ["frankfurt/000001"]


def damage_colours(root):
    (root / "vkitti_1.3.1_scenegt" / "0001_clone_scenegt_rgb_encoding.txt").unlink()
    return "virtual_kitti", "train", ["0001/clone"]


def damage_camera(root):
    frames = root / "Scene01" / "clone" / "frames"
    (frames / "classSegmentation" / "Camera_1" / "classgt_00000.png").unlink()
    return "virtual_kitti_2", "train", ["*/clone/Camera_1"]


def damage_drive(root):
    (root / "trainannot" / "0006R0_f02040.png").unlink()
    return "camvid", "train", ["0006R0"]


@pytest.mark.parametrize(
    "name, damage",
    [
        ("cityscapes", damage_city),
        ("cityscapes", damage_sequence),
        ("virtual_kitti", damage_colours),
        ("virtual_kitti_2", damage_camera),
        ("camvid", damage_drive),
    ],
    indirect=["name"],
)
def test_skipping_the_incomplete_video_helps(tree, damage):
    name, split, skip = damage(tree)
    read = DATASETS[name].read_videos
    with pytest.raises(IncompleteVideosError):
        read_selected(read, str(tree), split, VideoSelection())
    selection = VideoSelection(skip=skip)
    assert read_selected(read, str(tree), split, selection)
    for chosen, faulty in ((VideoSelection(), True), (selection, False)):
        report = check_dataset(
            DATASETS[name], str(tree), [split], 1, selection=chosen, progress=False
        )
        assert bool(report.faults) == faulty


def test_skipping_the_incomplete_video_of_a_plain_folder_helps(tmp_path):
    write_folder(tmp_path, {"a": numbered(range(6)), "b": numbered(range(6))})
    (tmp_path / "images" / "b" / "0003.png").unlink()
    (tmp_path / "images" / "c").mkdir()
    read = open_dataset("folder", str(tmp_path)).read_videos
    selection = VideoSelection(skip=["b", "c"])
    assert [v.name for v in read_selected(read, str(tmp_path), "all", selection)] == [
        "a"
    ]


def test_folders_are_found_where_they_should_lie_first(tmp_path):
    assert find_folder(tmp_path, "gtFine/train") == tmp_path / "gtFine" / "train"
    for place in ("b/gtFine/train", "a/gtFine", "c/gtFine/train"):
        (tmp_path / place).mkdir(parents=True)
    assert find_folder(tmp_path, "gtFine/train") == tmp_path / "b" / "gtFine" / "train"
    (tmp_path / "gtFine" / "train").mkdir(parents=True)
    assert find_folder(tmp_path, "gtFine/train") == tmp_path / "gtFine" / "train"


def test_no_hint_is_given_where_nothing_is_known(tmp_path):
    (tmp_path / "x" / "y").mkdir(parents=True)
    assert hint(tmp_path, "gtFine") == ""
    (tmp_path / "f").touch()
    assert hint(tmp_path / "f", "gtFine") == f"; {tmp_path}/f is a file"
