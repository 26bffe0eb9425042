"""Damage in the trees of all data sets; `test_hostile_data.py` has the folder's."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from all_trees import DRIVE, WRITERS
from folder_tree import write_image
from hostile import (
    assert_refused,
    assert_used,
    check,
    cut_in_half,
    empty,
    promise_too_many_pixels,
    replace_by_folder,
    replace_by_loop,
    write_text,
)

from data.datasets.open_dataset import DATASETS, open_dataset

COLOUR_CODED = ["camvid_32", "virtual_kitti", "virtual_kitti_2"]


@pytest.fixture(params=DATASETS)
def name(request):
    return request.param


@pytest.fixture
def tree(name, tmp_path, rng):
    root = tmp_path / "Bäume 木"
    root.mkdir()
    WRITERS[name](root, rng)
    return root


def videos_of(tree, name):
    return open_dataset(name, str(tree)).read_videos(str(tree), "train")


def last_labelled(tree, name):
    """A frame that ends a clip."""
    return next(f for f in reversed(videos_of(tree, name)[0].frames) if f.label)


def num_clips(tree, name):
    """Of two frames: one for every label but those of first frames."""
    return sum(f.label is not None for v in videos_of(tree, name) for f in v.frames[1:])


def size_of(name):
    return {"camvid": (4, 6), "camvid_32": (8, 8)}.get(name, (6, 10))


DAMAGES = [cut_in_half, empty, write_text, replace_by_folder, replace_by_loop]


@pytest.mark.parametrize("part", ["image", "label"])
@pytest.mark.parametrize("damage", [*DAMAGES, Path.unlink])
def test_a_file_that_cannot_be_read_is_named(damage, part, tree, name):
    path = Path(getattr(last_labelled(tree, name), part))
    damage(path)
    if (name, part, damage) == ("cityscapes", "label", Path.unlink):
        path = path.parent  # which label is missing is not known
    assert_refused(tree, path.relative_to(tree), split="train", name=name)


def test_a_png_that_promises_too_many_pixels_is_named(tree, name):
    path = Path(last_labelled(tree, name).label)
    promise_too_many_pixels(path)
    assert_refused(tree, path.relative_to(tree), split="train", name=name)


@pytest.mark.parametrize("part", ["image", "label"])
def test_sizes_that_differ_within_a_clip_are_named(part, tree, name):
    path = Path(getattr(last_labelled(tree, name), part))
    height, width = size_of(name)
    shape = (height, width + 1, 3)
    if part == "label" and name not in COLOUR_CODED:
        shape = shape[:2]
    write_image(path, np.zeros(shape, np.uint8) + label_value(name))
    assert_refused(tree, path.relative_to(tree), split="train", name=name)
    assert "equally large" in check(tree, "train", name).faults[0]


def label_value(name):
    """A grey that is a class in all encodings: Sky, road, Building."""
    return {"camvid_32": 128, "virtual_kitti": 140, "virtual_kitti_2": 140}.get(name, 7)


@pytest.mark.parametrize("shape", [(), (3,), (4,)], ids=["grey", "RGB", "RGBA"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_images_of_other_kinds_are_used(dtype, shape, tree, name):
    path = Path(last_labelled(tree, name).image)
    if path.suffix == ".jpg" and (dtype == np.uint16 or shape == (4,)):
        pytest.skip("JPEG holds neither 16 bits nor transparency")
    write_image(path, np.ones((*size_of(name), *shape), dtype))
    assert_used(tree, num_clips(tree, name), split="train", name=name)


@pytest.mark.parametrize("shape", [(), (3,), (4,)], ids=["grey", "RGB", "RGBA"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_labels_of_other_kinds_are_used_or_named(dtype, shape, tree, name):
    path = Path(last_labelled(tree, name).label)
    factor = 257 if dtype == np.uint16 else 1  # 8 bits to 16
    grey = np.full((*size_of(name), *shape), label_value(name) * factor, dtype)
    write_image(path, grey)
    if name in COLOUR_CODED or (shape, dtype) == ((), np.uint8):
        assert_used(tree, num_clips(tree, name), split="train", name=name)
    else:
        assert_refused(tree, path.relative_to(tree), split="train", name=name)


def test_an_unknown_id_or_colour_is_named(tree, name):
    path = Path(last_labelled(tree, name).label)
    shape = (3,) if name in COLOUR_CODED else ()
    write_image(path, np.full((*size_of(name), *shape), 99, np.uint8))
    assert_refused(tree, path.relative_to(tree), split="train", name=name)
    assert "99" in check(tree, "train", name).faults[0]


def test_a_gap_costs_the_clips_across_it_and_is_a_note(tree, name):
    before = num_clips(tree, name)
    video = videos_of(tree, name)[0]
    gone = video.frames[-2] if name != "cityscapes" else video.frames[18]
    for path in filter(None, (gone.image, gone.label)):
        Path(path).unlink()
    if name == "camvid":
        lines = (tree / "train.txt").read_text().splitlines(keepends=True)
        kept = [line for line in lines if Path(gone.image).name not in line]
        (tree / "train.txt").write_text("".join(kept))
    lost = 1 if name == "cityscapes" else 2
    if before > lost:
        assert_used(tree, before - lost, split="train", name=name)
    assert any("gap" in note for note in check(tree, "train", name).notes)


def test_a_missing_split_is_one_sentence(tree, name):
    shutil.rmtree(tree)
    tree.mkdir()
    for split in DATASETS[name].info.splits:
        assert_refused(tree, "", split=split, name=name)


def test_links_to_files_and_folders_elsewhere_are_followed(tree, name, tmp_path):
    frame = last_labelled(tree, name)
    clips = num_clips(tree, name)
    for number, path in enumerate((Path(frame.image), Path(frame.label))):
        shutil.move(path, tmp_path / f"{number}{path.suffix}")
        path.symlink_to(tmp_path / f"{number}{path.suffix}")
    folder = Path(frame.image).parent
    shutil.move(folder, tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    assert_used(tree, clips, split="train", name=name)


@pytest.mark.parametrize("part", ["image", "label"])
@pytest.mark.parametrize("target", [None, "nowhere"], ids=["itself", "nowhere"])
def test_a_folder_that_is_a_link_to_nothing_good_is_named(target, part, tree, name):
    folder = Path(getattr(last_labelled(tree, name), part)).parent
    shutil.rmtree(folder)
    folder.symlink_to(target or folder.name)
    assert_refused(tree, folder.relative_to(tree), split="train", name=name)


@pytest.mark.parametrize("name", ["cityscapes", "virtual_kitti", "virtual_kitti_2"])
def test_a_bad_link_beside_good_videos_is_named_and_they_are_read(tree, name):
    folder = Path(last_labelled(tree, name).image).parent
    frames = sum(len(video.frames) for video in videos_of(tree, name))
    (folder.parent / "Camera_9").symlink_to("Camera_9")
    link = folder.parent / "Camera_9"
    assert_refused(tree, link.relative_to(tree), split="train", name=name)
    assert check(tree, "train", name).splits[0].frames == frames


@pytest.mark.parametrize("name", ["virtual_kitti", "virtual_kitti_2"])
def test_a_bad_link_on_the_way_to_the_videos_is_named(tree, name):
    path = Path(last_labelled(tree, name).image).relative_to(tree)
    scene = tree / (path.parts[0] if name == "virtual_kitti_2" else path.parents[2])
    (scene / "morning").symlink_to("morning")
    assert_refused(tree, f"{scene.name}/morning", split="train", name=name)


@pytest.mark.parametrize("name", ["virtual_kitti", "virtual_kitti_2"])
def test_every_faulty_list_of_colours_is_found_with_other_faults(tree, name):
    lists = list(tree.rglob("*encoding.txt")) + list(tree.rglob("colors.txt"))
    lists[0].unlink()
    lists[1].write_text("Category r g b\nBus 1 2 3\n")
    videos = open_dataset(name, str(tree)).read_videos
    with pytest.raises((FileNotFoundError, ValueError), match=r"; and \d+ more$"):
        videos(str(tree), "train")
    faults = check(tree, "train", name).faults
    for path in lists[:2]:
        assert any(str(path) in fault for fault in faults)


@pytest.mark.parametrize("name", ["camvid"])
def test_every_line_that_cannot_be_read_is_found_and_the_others_are_read(tree, name):
    with open(tree / "train.txt", "a") as listing:
        listing.write("one.png\n\ntwo.png three.png four.png\n")
    report = check(tree, "train", name)
    assert len(report.faults) == 2 and report.splits[0].frames == len(DRIVE)
    for fault, line in zip(report.faults, (5, 7), strict=True):
        assert f"train.txt, line {line}: " in fault
