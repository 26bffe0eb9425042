"""Unusual and damaged label maps, predictions, images, flow files and videos."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from folder_tree import numbered, write_folder, write_image
from hostile_cases import Case
from malformed_files import FILES, INSIDE, KINDS, PNGS

SIZE = (12, 16)
NUM_CLASSES = 5
PALETTE = [(0, 0, 0), (230, 25, 75), (60, 180, 75), (0, 130, 200), (255, 225, 25)]


def cases() -> Iterator[Case]:
    """All cases of this module."""
    yield from _maps("predictions")
    yield from _maps("labels")
    yield from _images()
    yield from _flow()
    yield from _videos()


def id_maps(number=3, size=SIZE):
    rng = np.random.default_rng(0)
    return rng.integers(0, NUM_CLASSES, (number, *size)).astype(np.uint8)


def write_maps(folder: Path, maps) -> None:
    folder.mkdir(parents=True)
    for index, ids in enumerate(maps):
        write_image(folder / f"{index:04}.png", ids)


def _maps(kind):
    """One of three maps is damaged; predictions are equal to labels."""

    def arguments(damage, folder):
        for name in ("predictions", "labels"):
            write_maps(folder / name / "v", id_maps())
        damage(folder / kind / "v" / "0001.png")
        return [
            f"--predictions={folder}/predictions",
            f"--labels={folder}/labels",
            f"--num_classes={NUM_CLASSES}",
            f"--json={folder}/out.json",
        ]

    def wrong(accuracy, folder, result):
        """Scores are below 100 % if labels and predictions are read differently."""
        scores = json.loads((folder / "out.json").read_text())
        if abs(scores["accuracy"] - accuracy) > 1e-9 or scores["num_frames"] != 3:
            return f"accuracy {scores['accuracy']} on {scores['num_frames']} frames"
        return None

    for name, damage in (FILES | INSIDE | PNGS | KINDS).items():
        # A whole frame predicted as no class is one third of the errors.
        unpredicted = kind == "predictions" and name == "ids of 255"
        expected = partial(wrong, 200 / 3 if unpredicted else 100)
        what = f"{kind[:-1]}: {name}"
        yield Case(kind, what, "flicker", partial(arguments, damage), expected)


def _images():
    """An image of a folder of videos is damaged; labels are unchanged."""

    def arguments(damage, folder):
        write_folder(folder / "tree", {"v": numbered(range(6))}, size=SIZE)
        damage(folder / "tree" / "images" / "v" / "0003.png")
        return [
            "--dataset=folder",
            f"--data_dir={folder}/tree",
            "--split=all",
            f"--json={folder}/out.json",
        ]

    def wrong(folder, result):
        found = json.loads((folder / "out.json").read_text())["splits"][0]
        counts = [found[key] for key in ("videos", "frames", "labelled_frames")]
        return None if counts == [1, 6, 6] else f"counts are {counts}"

    for name, damage in (FILES | INSIDE | PNGS | KINDS).items():
        yield Case(
            "images", f"image: {name}", "check_data", partial(arguments, damage), wrong
        )


def _flow():
    """A flow field of one pixel to the right, damaged."""

    def arguments(damage, suffix, folder):
        path = folder / f"flow{suffix}"
        path.write_bytes(_flo() if suffix == ".flo" else _virtual_kitti_flow())
        damage(path)
        return ["--call=flow", f"--path={path}"]

    def wrong(folder, result):
        found = np.asarray(json.loads(result.out))
        if found.shape != (*SIZE, 2) or not np.abs(found[..., 0] - 1).max() < 1e-3:
            return f"flow of shape {found.shape}, {found.ravel()[:2]}"
        return None

    formats = ("JPEG", "lossy WebP", "lossless WebP", "GIF", "BMP", "TIFF", "paletted")
    kinds = {name: KINDS[name] for name in (*formats, "RGB", "RGBA")}
    for suffix, damages in ((".flo", FILES), (".png", FILES | PNGS | kinds)):
        for name, damage in damages.items():
            make = partial(arguments, damage, suffix)
            yield Case("flow", f"{suffix}: {name}", "reader_calls", make, wrong)


def _flo():
    height, width = SIZE
    header = b"PIEH" + np.array([width, height], "<i4").tobytes()
    field = np.zeros((*SIZE, 2), "<f4")
    field[..., 0] = 1
    return header + field.tobytes()


def _virtual_kitti_flow():
    width = SIZE[1]
    code = np.zeros((*SIZE, 3), np.uint16)
    code[..., 0] = 65535  # OpenCV's order: blue, green, red
    code[..., 1] = round(65535 / 2)
    code[..., 2] = round((1 / (width - 1) + 1) * 65535 / 2)
    return cv2.imencode(".png", code)[1].tobytes()


def _videos():
    """Predictions in a video file, compared with the labels that were written to it."""
    coarse = id_maps(8, (4, 6))
    maps = np.kron(coarse, np.ones((1, 16, 16), np.uint8))

    def arguments(damage, name, folder):
        write_maps(folder / "labels", maps)
        lines = [f"c{k} {r} {g} {b}" for k, (r, g, b) in enumerate(PALETTE)]
        (folder / "palette.txt").write_text("\n".join(lines))
        path = folder / "good.mp4"
        _write_video(path, np.array(PALETTE, np.uint8)[maps])
        path = path.rename(folder / name)
        damage(path)
        return [
            f"--predictions={path}",
            f"--labels={folder}/labels",
            f"--palette={folder}/palette.txt",
            "--colour_tolerance=150",
            f"--json={folder}/out.json",
        ]

    def wrong(folder, result):
        scores = json.loads((folder / "out.json").read_text())
        if scores["num_frames"] != len(maps) or scores["accuracy"] < 90:
            return f"{scores['num_frames']} frames, accuracy {scores['accuracy']}"
        return None

    names = {name: "v.mp4" for name in FILES | INSIDE}
    for name, file in names.items():
        make = partial(arguments, (FILES | INSIDE)[name], file)
        yield Case("videos", name, "flicker", make, wrong)
    for file in ("v.avi", "v.webm", "v.MP4", "v", "v.txt", "-v.mp4", "v\x1b[31m.mp4"):
        make = partial(arguments, lambda path: None, file)
        yield Case("videos", f"called {file!r}", "flicker", make, wrong)
    for share in np.linspace(0.15, 0.95, 9):
        damage = partial(_cut, share)
        make = partial(arguments, damage, "v.mp4")
        yield Case("videos", f"{share:.0%} of it", "flicker", make, wrong)


def _cut(share, path):
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])


def _write_video(path, frames):
    from data.files.video.writer import VideoWriter

    kept = _VIDEOS.get(frames.shape)
    if kept is None:
        with VideoWriter(path, 25.0) as writer:
            for frame in frames:
                writer.write(frame)
        _VIDEOS[frames.shape] = path.read_bytes()
        return
    path.write_bytes(kept)


_VIDEOS = {}
