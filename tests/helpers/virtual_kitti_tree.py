"""Writes a small Virtual KITTI 1.3.1 (`data/readers/virtual_kitti.py`)."""

import cv2
import numpy as np

from data.readers.virtual_kitti import INFO

# Virtual KITTI's own colours; cars and vans have one per instance and file.
COLOURS = {
    "Terrain": (210, 0, 200),
    "Sky": (90, 200, 255),
    "Tree": (0, 199, 0),
    "Vegetation": (90, 240, 0),
    "Building": (140, 140, 140),
    "Road": (100, 60, 100),
    "GuardRail": (255, 100, 255),
    "TrafficSign": (255, 255, 0),
    "TrafficLight": (200, 200, 0),
    "Pole": (255, 130, 0),
    "Misc": (80, 80, 80),
    "Truck": (160, 60, 60),
}
SIZE = (6, 10)


def instances(world, variation):
    """Colours of cars and vans, not the same in any two files."""
    shift = int(world) + len(variation)
    cars = {f"Car:{n}": (200, 200 - n, shift) for n in range(3)}
    return cars | {f"Van:{n}": (11, n, shift) for n in range(2)}


def write_video(root, world, variation, num_frames, rng):
    """Writes one video in the layout of 1.3.1; returns its label maps by frame."""
    colours = COLOURS | instances(world, variation)
    rgb = root / "vkitti_1.3.1_rgb" / world / variation
    scenegt = root / "vkitti_1.3.1_scenegt" / world / variation
    rgb.mkdir(parents=True)
    scenegt.mkdir(parents=True)
    lines = ["Category(:id) r g b"]
    lines += [f"{name} {r} {g} {b}" for name, (r, g, b) in colours.items()]
    encoding = f"{world}_{variation}_scenegt_rgb_encoding.txt"
    (scenegt.parents[1] / encoding).write_text("\n".join(lines) + "\n")
    classes = np.array([INFO.classes.index(name.split(":")[0]) for name in colours])
    labels = []
    for number in range(num_frames):
        ids = rng.integers(0, len(colours), SIZE)
        picture = np.array(list(colours.values()), np.uint8)[ids]
        cv2.imwrite(str(scenegt / f"{number:05d}.png"), picture[..., ::-1])
        image = np.full((*SIZE, 3), number, np.uint8)
        cv2.imwrite(str(rgb / f"{number:05d}.png"), image)
        labels.append(classes[ids])
    return labels


def write_tree(root, rng):
    """Three videos, random labels; returns the label maps of each by its name."""
    lengths = {("0001", "clone"): 7, ("0001", "15-deg-left"): 6, ("0020", "fog"): 3}
    return {
        f"{world}/{variation}": write_video(root, world, variation, length, rng)
        for (world, variation), length in lengths.items()
    }
