"""Writes small data sets in the layout of `data/readers/folder.py`."""

import json

import cv2
import numpy as np


def write_folder(root, videos, settings=None, size=(6, 8), labelled=None):
    """Frame n of a video is grey n; its label is n modulo the number of classes.

    Args:
        root: New folder.
        videos: For each name, the file names of its images.
        settings: Of classes.json, beside `classes`.
        size: (height, width).
        labelled: Stems that get a label, all by default.
    """
    content = {"classes": ["road", "car", "sky"]} | (settings or {})
    for name, files in videos.items():
        for kind in ("images", "labels"):
            (root / kind / name).mkdir(parents=True, exist_ok=True)
        for n, file in enumerate(files):
            write_image(root / "images" / name / file, np.full((*size, 3), n, np.uint8))
            stem = file.rpartition(".")[0]
            if labelled is None or stem in labelled:
                label = np.full(size, n % len(content["classes"]), np.uint8)
                write_image(root / "labels" / name / f"{stem}.png", label)
    (root / "classes.json").write_text(json.dumps(content), encoding="utf-8")


def write_image(path, image):
    """Like `cv2.imwrite`, for paths with any characters."""
    path.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())


def numbered(numbers, suffix="png"):
    return [f"{number:04}.{suffix}" for number in numbers]
