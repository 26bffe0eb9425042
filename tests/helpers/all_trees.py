"""Small trees of every data set, by name."""

import camvid_32_tree
import camvid_tree
import cityscapes_tree
import virtual_kitti_2_tree
import virtual_kitti_tree
from folder_tree import numbered, write_folder

MUNSTER = {("munster", 20): [19]}
DRIVE = [f"0016E5_{number:05d}" for number in range(0, 120, 30)]


def _write_cityscapes(root, rng):
    cityscapes_tree.write_images(root, "train", MUNSTER)
    cityscapes_tree.write_labels(root, "train", MUNSTER)


def _write_folder(root, rng):
    videos = {"a": numbered(range(6)), "b": numbered(range(6), "jpg")}
    write_folder(root, videos, {"splits": {"train": ["a", "b"]}})


# Each has videos in the split `train`.
WRITERS = {
    "camvid": lambda root, rng: camvid_tree.write_tree(root, DRIVE),
    "camvid_32": lambda root, rng: camvid_32_tree.write_tree(root, DRIVE),
    "cityscapes": _write_cityscapes,
    "folder": _write_folder,
    "virtual_kitti": virtual_kitti_tree.write_tree,
    "virtual_kitti_2": virtual_kitti_2_tree.write_tree,
}
