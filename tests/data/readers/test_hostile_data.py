import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import camvid_tree
import numpy as np
import pytest
from checkout import ROOT
from folder_tree import numbered, write_folder, write_image
from hostile import (
    SIZE,
    assert_refused,
    assert_used,
    check,
    cut_in_half,
    empty,
    forbid,
    pixels,
    promise_too_many_pixels,
    replace_by_folder,
    replace_by_loop,
    train,
    write_paletted,
    write_text,
)

IMAGE, LABEL = "images/v/0003.png", "labels/v/0003.png"


# Changes of a file in a valid folder, and whether it can still be used.
DAMAGE_TO_IMAGES = {
    "truncated": (cut_in_half, False),
    "zero-byte": (empty, False),
    "text": (write_text, False),
    "too large": (promise_too_many_pixels, False),
    "missing": (Path.unlink, False),
    "loop": (replace_by_loop, False),
    "folder": (replace_by_folder, False),
    "forbidden": (forbid, False),
    "of another size": (lambda path: write_image(path, pixels(3, size=(6, 9))), False),
    "16-bit": (lambda path: write_image(path, pixels(3, dtype=np.uint16)), True),
    "16-bit grey": (lambda path: write_image(path, pixels(dtype=np.uint16)), True),
    "grey": (lambda path: write_image(path, pixels()), True),
    "RGBA": (lambda path: write_image(path, pixels(4)), True),
    "paletted": (lambda path: write_paletted(path, pixels()), True),
}
DAMAGE_TO_LABELS = {
    "truncated": (cut_in_half, False),
    "zero-byte": (empty, False),
    "text": (write_text, False),
    "too large": (promise_too_many_pixels, False),
    "missing": (Path.unlink, True),
    "loop": (replace_by_loop, False),
    "folder": (replace_by_folder, False),
    "forbidden": (forbid, False),
    "of another size": (lambda path: write_image(path, pixels(size=(6, 9))), False),
    "of unknown ids": (lambda path: write_image(path, 3 * pixels()), False),
    "16-bit": (lambda path: write_image(path, pixels(dtype=np.uint16)), False),
    "RGB": (lambda path: write_image(path, pixels(3)), False),
    "RGBA": (lambda path: write_image(path, pixels(4)), False),
    "paletted": (lambda path: write_paletted(path, pixels()), True),
    "paletted, of unknown ids": (lambda p: write_paletted(p, 3 * pixels()), False),
}
CASES = [
    pytest.param(file, *case, id=f"{kind} {name}")
    for kind, file, cases in (
        ("image", IMAGE, DAMAGE_TO_IMAGES),
        ("label", LABEL, DAMAGE_TO_LABELS),
    )
    for name, case in cases.items()
]


@pytest.fixture
def folder(tmp_path):
    write_folder(tmp_path, {"v": numbered(range(6))}, size=SIZE)
    return tmp_path


@pytest.mark.parametrize("file, damage, works", CASES)
def test_a_damaged_file_is_used_or_named(file, damage, works, folder):
    damage(folder / file)
    if works:
        assert_used(folder, clips=5 if (folder / file).exists() else 4)
    else:
        assert_refused(folder, file)


def test_many_damaged_files_are_all_listed(folder):
    write_folder(folder, {"w": numbered(range(40))}, size=SIZE)
    files = sorted((folder / "images" / "w").iterdir())
    for file in files:
        file.write_bytes(b"")
    faults = check(folder).faults
    assert [fault.partition(" ")[0] for fault in faults] == [str(f) for f in files]


@pytest.mark.parametrize("file", [IMAGE, LABEL])
def test_sizes_that_differ_are_told_apart_from_damage(file, folder):
    channels = (3,) if file == IMAGE else ()
    write_image(folder / file, pixels(*channels, size=(6, 9)))
    with pytest.raises(ValueError, match=r"is 6x[89] .* is 6x[89] .* equally large"):
        train(folder)
    assert all("equally large" in fault for fault in check(folder).faults)


def test_a_gap_costs_the_clips_across_it_and_is_a_note(folder):
    (folder / IMAGE).unlink()
    (folder / LABEL).unlink()
    assert_used(folder, clips=3)
    assert "gap between frames 2 and 4" in check(folder).notes[0]


def test_non_ascii_names_work(tmp_path):
    root = tmp_path / "Straße mit Läufern 道路"
    root.mkdir()
    files = [f"Bild é {number}.png" for number in range(6)]
    settings = {"classes": ["Straße", "車", "ciel"], "splits": {"été": ["Müñchen"]}}
    write_folder(root, {"Müñchen": files}, settings, SIZE)
    assert_used(root, clips=5, split="été")
    (root / "images" / "Müñchen" / files[2]).write_bytes(b"")
    assert_refused(root, f"images/Müñchen/{files[2]}", split="été")


def test_names_in_no_known_encoding_work(folder):
    name = os.fsdecode(b"caf\xe9")
    for kind in ("images", "labels"):
        try:
            (folder / kind / "v").rename(folder / kind / name)
        except OSError:
            pytest.skip("the file system refuses such names")
    assert_used(folder, clips=5)
    (folder / "images" / name / "0001.png").write_bytes(b"")
    result = subprocess.run(
        [
            *(sys.executable, "-m", "experiments.check_data", "--dataset=folder"),
            *(f"--data_dir={folder}", "--split=all", f"--json={folder}/report.json"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 1 and "\n1 fault found" in result.stdout, result.stderr
    (fault,) = json.loads((folder / "report.json").read_text())["faults"]
    assert name in fault


@pytest.mark.parametrize("target", ["w", "..", "nowhere"])
def test_a_video_that_is_a_link_to_nothing_good_is_named(target, folder):
    (folder / "images" / "w").symlink_to(target)
    assert_refused(folder, "images/w")
    assert check(folder).splits[0].frames == 6


def test_a_link_to_a_folder_elsewhere_is_followed(folder):
    shutil.move(folder / "images" / "v", folder / "elsewhere")
    (folder / "images" / "v").symlink_to(folder / "elsewhere")
    assert_used(folder, clips=5)


def test_a_folder_that_may_not_be_listed_is_named(folder):
    write_folder(folder, {"w": numbered(range(3))}, size=SIZE)
    forbid(folder / "images" / "w")
    try:
        assert_refused(folder, "images/w")
    finally:
        (folder / "images" / "w").chmod(0o755)


@pytest.mark.parametrize(
    "splits",
    [{"train": []}, {"train": ["v", "w"]}],
    ids=["empty", "of a missing video"],
)
def test_a_split_without_its_videos_is_named(splits, tmp_path):
    write_folder(tmp_path, {"v": numbered(range(6))}, {"splits": splits}, SIZE)
    file = "images/w" if splits["train"] else "classes.json"
    assert_refused(tmp_path, file, split="train")


def test_a_missing_split_names_the_folder_and_its_splits(folder):
    assert_refused(folder, "", split="test")


def test_a_colour_that_is_in_no_palette_is_named(tmp_path):
    palette = [[10, 0, 0], [20, 0, 0], [30, 0, 0]]
    settings = {"palette": palette, "labels": "colours"}
    write_folder(tmp_path, {"v": numbered(range(6))}, settings, SIZE)
    for path in (tmp_path / "labels" / "v").iterdir():
        write_image(path, np.full((*SIZE, 3), (0, 0, 20), np.uint8))
    assert_used(tmp_path, clips=5)
    write_image(tmp_path / LABEL, np.full((*SIZE, 3), (0, 0, 40), np.uint8))
    assert_refused(tmp_path, LABEL)
    assert "(40, 0, 0)" in check(tmp_path).faults[0]


@pytest.fixture
def camvid(tmp_path):
    names = [f"0001TP_{6690 + 30 * n:06}" for n in range(6)]
    camvid_tree.write_tree(tmp_path, names, prefix="/x/")
    return tmp_path


CAMVID_LABEL = "trainannot/0001TP_006750.png"


def test_a_listed_label_that_is_missing_is_named(camvid):
    (camvid / CAMVID_LABEL).unlink()
    assert_refused(camvid, CAMVID_LABEL, split="train", name="camvid")


def test_all_listed_files_that_are_missing_are_found_with_other_faults(camvid):
    shutil.rmtree(camvid / "trainannot")
    (camvid / "train" / "0001TP_006690.png").write_bytes(b"")
    faults = check(camvid, "train", "camvid").faults
    assert len(faults) == 7 and sum("is missing" in fault for fault in faults) == 6


def test_a_list_in_another_encoding_is_understood(camvid):
    listing = camvid / "train.txt"
    listing.write_bytes(listing.read_bytes().replace(b"/x/", b"/caf\xe9/"))
    assert_used(camvid, clips=5, split="train", name="camvid")


@pytest.mark.parametrize("content", ["", None], ids=["empty", "missing"])
def test_a_list_without_frames_is_named(content, camvid):
    if content is None:
        (camvid / "train.txt").unlink()
    else:
        (camvid / "train.txt").write_text(content)
    assert_refused(camvid, "train.txt", split="train", name="camvid")


def test_a_report_of_hostile_names_is_json(tmp_path):
    write_folder(tmp_path, {'v"\n': numbered(range(6))}, size=SIZE)
    assert json.loads(json.dumps(check(tmp_path).as_json()))["faults"] == []
