"""Mistakes and unusual data of real users, each with the right result."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import cityscapes_tree
import cv2
import numpy as np
import virtual_kitti_tree
from folder_tree import numbered, write_folder, write_image
from hostile_cases import Case
from hostile_images import NUM_CLASSES, PALETTE, SIZE, id_maps, write_maps
from PIL import Image

_TIMES = [f"2024-05-01_10-{15 + k // 30}-{2 * k % 60:02}" for k in range(20)]
# Twenty frames whose names hold more numbers than one, in their order.
NAMES = {
    "by date and time": _TIMES,
    "by seconds since 1970": [f"{1650000012 + 0.345678 * k:.6f}" for k in range(20)],
    "with a score behind": [f"frame_{k:04}_{(37 * k) % 100}" for k in range(20)],
    "without zeros in front": [f"frame{k}" for k in range(20)],
    "counted by tens": [f"{10 * k:06}" for k in range(20)],
}


def cases() -> Iterator[Case]:
    """All cases of this module."""
    for name, names in NAMES.items():
        make = partial(_named_frames, names)
        title = f"frames named {name}"
        yield Case("issues", title, "flicker", make, _not_nineteen_pairs)
    yield Case("issues", "colours in another order", "flicker", _reordered, _not_all)
    yield Case("issues", "masks of 0 and 255", "check_data", _masks, _no_warning)
    yield Case("issues", "one class", "check_data", _one_class, _no_warning)
    yield Case("issues", "labels all ignored", "check_data", _all_ignored, _no_warning)
    yield Case("issues", "labels that are JPEGs", "check_data", _jpeg_labels)
    yield Case("issues", "an image that EXIF turns", "check_data", _exif)
    yield Case("issues", "half a JPEG", "check_data", _half_jpeg)
    yield Case("issues", "an image as .png and .jpg", "check_data", _two_images)
    yield Case("issues", "a skipped city", "check_data", _skipped, _not_thirty)
    yield Case("issues", "colours apart by tabs", "check_data", _tabs, _not_seven)


def _named_frames(names, folder):
    for name, ids in zip(names, id_maps(20), strict=True):
        write_image_in(folder / "maps" / f"{name}.png", ids)
    return [f"--predictions={folder}/maps", f"--json={folder}/out.json"]


def write_image_in(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_image(path, pixels)


def _not_nineteen_pairs(folder, result):
    """All pairs of frames are scored, in the order in which the frames were written."""
    scores = json.loads((folder / "out.json").read_text())
    maps = id_maps(20)
    mfip = 1000 * float(np.mean(maps[1:] != maps[:-1]))
    if scores["num_pairs"] == 19 and abs(scores["mfip"] - mfip) < 1e-9:
        return None
    return f"{scores['num_pairs']} pairs, mFIP {scores['mfip']} instead of {mfip}"


def _reordered(folder):
    """Paletted PNGs whose palette holds the classes' colours in reverse."""
    write_maps(folder / "labels", id_maps())
    (folder / "maps").mkdir()
    for index, ids in enumerate(id_maps()):
        image = Image.fromarray(NUM_CLASSES - 1 - ids)
        image.putpalette([value for colour in PALETTE[::-1] for value in colour])
        image.save(folder / "maps" / f"{index:04}.png")
    lines = [f"c{k} {r} {g} {b}" for k, (r, g, b) in enumerate(PALETTE)]
    (folder / "palette.txt").write_text("\n".join(lines))
    return [
        f"--predictions={folder}/maps",
        f"--labels={folder}/labels",
        f"--palette={folder}/palette.txt",
        f"--json={folder}/out.json",
    ]


def _not_all(folder, result):
    accuracy = json.loads((folder / "out.json").read_text())["accuracy"]
    return None if accuracy == 100 else f"accuracy {accuracy}"


def _tree(folder, classes=("road", "car", "sky")) -> Path:
    root = folder / "tree"
    write_folder(root, {"v": numbered(range(6))}, {"classes": classes}, SIZE)
    return root


def _check(folder, *more):
    return [
        "--dataset=folder",
        f"--data_dir={folder}/tree",
        "--split=all",
        f"--json={folder}/out.json",
        *more,
    ]


def _set_labels(folder, ids):
    for path in (folder / "tree" / "labels" / "v").iterdir():
        write_image(path, np.asarray(ids, np.uint8))


def _masks(folder):
    _tree(folder, ("background", "thing"))
    half = np.where(np.arange(SIZE[1]) < SIZE[1] // 2, 0, 255)
    _set_labels(folder, np.broadcast_to(half, SIZE))
    return _check(folder)


def _one_class(folder):
    _tree(folder, ("road",))
    return _check(folder)


def _all_ignored(folder):
    _tree(folder)
    _set_labels(folder, np.full(SIZE, 255))
    return _check(folder)


def _no_warning(folder, result):
    warnings = json.loads((folder / "out.json").read_text())["warnings"]
    return None if warnings else "no warning"


def _jpeg_labels(folder):
    root = _tree(folder)
    for path in sorted((root / "labels" / "v").iterdir()):
        cv2.imwrite(str(path.with_suffix(".jpg")), cv2.imread(str(path)))
        path.unlink()
    return _check(folder)


def _jpeg(path, **options):
    pixels = np.random.default_rng(0).integers(0, 255, (*SIZE, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(path, "JPEG", **options)


def _exif(folder):
    image = _tree(folder) / "images" / "v" / "0003.png"
    image.unlink()
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    _jpeg(image.with_suffix(".jpg"), exif=exif)
    return _check(folder)


def _half_jpeg(folder):
    image = _tree(folder) / "images" / "v" / "0003.png"
    image.unlink()
    _jpeg(image.with_suffix(".jpg"), quality=95)
    content = image.with_suffix(".jpg").read_bytes()
    image.with_suffix(".jpg").write_bytes(content[: 3 * len(content) // 4])
    return _check(folder)


def _two_images(folder):
    image = _tree(folder) / "images" / "v" / "0003.png"
    _jpeg(image.with_suffix(".jpg"))
    return _check(folder)


def _skipped(folder):
    """The skipped city is the one without images."""
    root = folder / "tree"
    snippets = {("frankfurt", 0): [294], ("munster", 20): [19]}
    cityscapes_tree.write_images(root, "val", snippets)
    cityscapes_tree.write_labels(root, "val", snippets)
    for path in (root / "leftImg8bit_sequence" / "val" / "munster").iterdir():
        if "000019" in path.name:
            path.unlink()
    return _check_cityscapes(folder, "--skip_videos=munster/*")


def _check_cityscapes(folder, *more):
    data = ["--dataset=cityscapes", f"--data_dir={folder}/tree", "--split=val"]
    return [*data, *more, f"--json={folder}/out.json"]


def _num_frames(folder):
    (split,) = json.loads((folder / "out.json").read_text())["splits"]
    return split["frames"]


def _not_thirty(folder, result):
    frames = _num_frames(folder)
    return None if frames == 30 else f"{frames} frames"


def _tabs(folder):
    root = folder / "tree"
    root.mkdir()
    virtual_kitti_tree.write_tree(root, np.random.default_rng(0))
    for file in root.rglob("*_scenegt_rgb_encoding.txt"):
        file.write_text(file.read_text().replace(" ", " \t "))
    data = ["--dataset=virtual_kitti", f"--data_dir={root}", "--split=train"]
    return [*data, f"--json={folder}/out.json"]


def _not_seven(folder, result):
    frames = _num_frames(folder)
    return None if frames == 7 else f"{frames} frames"
