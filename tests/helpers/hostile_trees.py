"""Folders of data sets that were unpacked, copied or sorted in unusual ways."""

import json
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import camvid_32_tree
import camvid_tree
import cityscapes_tree
import numpy as np
import virtual_kitti_2_tree
import virtual_kitti_tree
from folder_tree import numbered, write_folder
from hostile_cases import Case


def _rng():
    return np.random.default_rng(0)


def _write_cityscapes(root):
    snippets = {("frankfurt", 0): [294], ("munster", 20): [19]}
    cityscapes_tree.write_images(root, "val", snippets)
    cityscapes_tree.write_labels(root, "val", snippets)


# How a small one is written, and the split that is looked at.
TREES = {
    "camvid": (camvid_tree.write_tree, "train"),
    "camvid_32": (camvid_32_tree.write_tree, "train"),
    "cityscapes": (_write_cityscapes, "val"),
    "virtual_kitti": (
        lambda root: virtual_kitti_tree.write_tree(root, _rng()),
        "train",
    ),
    "virtual_kitti_2": (
        lambda root: virtual_kitti_2_tree.write_tree(root, _rng()),
        "train",
    ),
    "folder": (
        lambda root: write_folder(root, {"v": numbered(range(6))}, size=(6, 8)),
        "all",
    ),
}


def _files(root):
    return sorted(path for path in root.rglob("*") if path.is_file())


def _images(root):
    return [path for path in _files(root) if path.suffix in (".png", ".jpg")]


def _an_image(root):
    """Not of Cityscapes' colours, which nobody needs, and in the half that is read."""
    names = ("train/", "701_", "leftImg8bit_sequence", "rgb", "images")
    images = map(str, _images(root))
    return Path(next(path for path in images if any(name in path for name in names)))


def _folders(root):
    return sorted(path for path in root.rglob("*") if path.is_dir())


def _junk(root):
    for folder in [root, *_folders(root)]:
        for name in (".DS_Store", "Thumbs.db", "desktop.ini", "._0001.png"):
            (folder / name).write_bytes(b"junk")


def _macosx(root):
    for path in _files(root):
        copy = root / "__MACOSX" / path.relative_to(root).with_name(f"._{path.name}")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(b"junk")


def _nested(root):
    inner = root.with_name("inner")
    root.rename(inner)
    root.mkdir()
    inner.rename(root / "archive")


def _capitals(root):
    for path in _images(root):
        path.rename(path.with_suffix(path.suffix.upper()))


def _file_for_folder(root):
    folder = _folders(root)[-1]
    shutil.rmtree(folder)
    folder.write_text("a file")


def _only_an_archive(root):
    shutil.rmtree(root)
    root.mkdir()
    (root / "dataset.zip").write_bytes(b"PK\x03\x04")


# (what is done, whether the data set is whole all the same)
DAMAGE = {
    "as it should be": (lambda root: None, True),
    "files of file managers": (_junk, True),
    "__MACOSX": (_macosx, True),
    "a link back to itself": (lambda root: (root / "loop").symlink_to(root), True),
    "one folder deeper": (_nested, True),
    "suffixes in capitals": (_capitals, True),
    "no image": (lambda root: [path.unlink() for path in _images(root)], False),
    "an image missing": (lambda root: _an_image(root).unlink(), False),
    "an image empty": (lambda root: _an_image(root).write_bytes(b""), False),
    "a folder missing": (lambda root: shutil.rmtree(_folders(root)[0]), False),
    "a file for a folder": (_file_for_folder, False),
    "no folder": (lambda root: shutil.rmtree(root), False),
    "an empty folder": (lambda root: (shutil.rmtree(root), root.mkdir()), False),
    "a file": (lambda root: (shutil.rmtree(root), root.write_text("a file")), False),
    "an archive": (_only_an_archive, False),
    "a link to nothing": (
        lambda root: (shutil.rmtree(root), root.symlink_to("nowhere")),
        False,
    ),
}


def cases() -> Iterator[Case]:
    """All cases of this module."""
    for dataset in TREES:
        for name, (damage, is_whole) in DAMAGE.items():
            yield Case(
                "data sets",
                f"{dataset}: {name}",
                "check_data",
                partial(_arguments, dataset, damage),
                partial(_wrong, dataset, is_whole),
            )


def _arguments(dataset, damage, folder):
    write, split = TREES[dataset]
    root = folder / "tree"
    root.mkdir()
    write(root)
    damage(root)
    data = [f"--dataset={dataset}", f"--data_dir={root}", f"--split={split}"]
    return [*data, "--num_frames=2", f"--json={folder}/out.json"]


def _wrong(dataset, is_whole, folder, result):
    """The right result has the same number of frames as the undamaged tree."""
    (split,) = json.loads((folder / "out.json").read_text())["splits"]
    frames = split["frames"], split["labelled_frames"]
    expected = FRAMES[dataset]
    if not is_whole:
        # These data sets may have only some of their videos, cameras or cities.
        may_be_smaller = dataset in ("folder", "cityscapes", "virtual_kitti_2")
        if may_be_smaller and frames < expected:
            return None
        return f"no fault, {frames} frames"
    return None if frames == expected else f"{frames} frames instead of {expected}"


# By the trees' own counts: of `train` the first halves of Virtual KITTI's videos, and
# CamVid's frames outside of `val`.
FRAMES = {
    "camvid": (4, 4),
    "camvid_32": (4, 4),
    "cityscapes": (60, 2),
    "virtual_kitti": (7, 7),
    "virtual_kitti_2": (14, 14),
    "folder": (6, 6),
}
