"""Writes a small Cityscapes, in the layout of `data/readers/cityscapes.py`."""

import cv2
import numpy as np

SIZE = (6, 10)
# Labelled frames by (city, sequence): two ordinary cities and two of long sequences;
# the snippets of strasbourg around 65 and 95 touch, all others lie apart.
TRAIN = {
    ("aachen", 0): [19],
    ("aachen", 173): [19],
    ("zurich", 121): [19],
    ("strasbourg", 0): [65, 95, 303],
}
VAL = {("frankfurt", 0): [294, 576], ("frankfurt", 1): [538], ("munster", 20): [19]}
TEST = {("berlin", 0): [19], ("bielefeld", 0): [302]}


def stem(city, sequence, number):
    return f"{city}_{sequence:06d}_{number:06d}"


def write(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", array)[1])


def image_path(root, split, city, sequence, number, tree="leftImg8bit_sequence"):
    name = f"{stem(city, sequence, number)}_leftImg8bit.png"
    return root / tree / split / city / name


def label_path(root, split, city, sequence, number, kind="labelIds"):
    name = f"{stem(city, sequence, number)}_gtFine_{kind}.png"
    return root / "gtFine" / split / city / name


def write_images(root, split, snippets):
    """The snippets; the grey level of an image is its number."""
    for (city, sequence), labelled in snippets.items():
        for number in sorted({n + k for n in labelled for k in range(-19, 11)}):
            grey = np.full((*SIZE, 3), number % 256, np.uint8)
            write(image_path(root, split, city, sequence, number), grey)


def write_single_images(root, split, snippets):
    for (city, sequence), labelled in snippets.items():
        for n in labelled:
            path = image_path(root, split, city, sequence, n, "leftImg8bit")
            write(path, np.full((*SIZE, 3), n % 256, np.uint8))


def write_labels(root, split, snippets, kinds=("labelIds",), value=7):
    """Label maps, and the other files of the archive."""
    for (city, sequence), labelled in snippets.items():
        for n in labelled:
            for kind in (*kinds, "instanceIds", "color"):
                path = label_path(root, split, city, sequence, n, kind)
                write(path, np.full(SIZE, value, np.uint8))
            polygons = path.with_name(f"{stem(city, sequence, n)}_gtFine_polygons.json")
            polygons.write_text("{}")


def write_tree(root):
    """The three splits of sequences, with placeholders for the labels of `test`."""
    for split, snippets in (("train", TRAIN), ("val", VAL), ("test", TEST)):
        write_images(root, split, snippets)
        write_labels(root, split, snippets, value=2 if split == "test" else 7)
