"""Writes a small Virtual KITTI 2 (`data/readers/virtual_kitti_2.py`)."""

import cv2
import numpy as np
import virtual_kitti_tree

from data.readers.virtual_kitti_2 import INFO

# colors.txt of 2.0.3; GuardRail differs from 1.3.1, cars and vans have one colour.
COLOURS = virtual_kitti_tree.COLOURS | {
    "GuardRail": (250, 100, 255),
    "Car": (255, 127, 80),
    "Van": (0, 139, 139),
    "Undefined": (0, 0, 0),
}
CLASSES = np.array([(INFO.classes + ("Undefined",)).index(n) for n in COLOURS])
CLASSES[-1] = 255
LENGTHS = {
    ("Scene01", "clone"): 7,
    ("Scene01", "15-deg-left"): 6,
    ("Scene20", "fog"): 3,
}
SIZE = (6, 10)
MERGED = {"rgb": "", "classSegmentation": "", "textgt": ""}
APART = {name: f"vkitti_2.0.3_{name}" for name in MERGED}


def write_scene(root, scene, variation, length, rng, places, folder):
    """Writes both cameras of a scene; returns their label maps by video name."""
    text = root / places["textgt"] / scene / variation
    text.mkdir(parents=True, exist_ok=True)
    lines = [f"{name} {r} {g} {b}\n" for name, (r, g, b) in COLOURS.items()]
    (text / "colors.txt").write_text("Category r g b\n" + "".join(lines))
    labels = {}
    for camera in ("Camera_0", "Camera_1"):
        rgb = root / places["rgb"] / scene / variation / "frames" / "rgb" / camera
        frames = root / places["classSegmentation"] / scene / variation / "frames"
        classgt = frames / folder / camera
        rgb.mkdir(parents=True)
        classgt.mkdir(parents=True)
        maps = labels[f"{scene}/{variation}/{camera}"] = []
        for number in range(length):
            ids = rng.integers(0, len(COLOURS), SIZE)
            picture = np.array(list(COLOURS.values()), np.uint8)[ids]
            cv2.imwrite(str(classgt / f"classgt_{number:05d}.png"), picture[..., ::-1])
            grey = 20 * number + int(camera[-1])
            image = np.full((*SIZE, 3), grey, np.uint8)
            cv2.imwrite(str(rgb / f"rgb_{number:05d}.jpg"), image)
            maps.append(CLASSES[ids])
    return labels


def write_tree(root, rng, places=MERGED, folder="classSegmentation"):
    labels = {}
    for (scene, variation), length in LENGTHS.items():
        labels |= write_scene(root, scene, variation, length, rng, places, folder)
    return labels
