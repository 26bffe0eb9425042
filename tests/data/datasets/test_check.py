import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from checkout import ROOT
from folder_tree import numbered, write_folder, write_image
from PIL import Image

from data.datasets.check import check_dataset
from data.datasets.open_dataset import open_dataset
from data.files.images import StoredFile, read_image
from data.videos.read_clip import read_label
from data.videos.selection import VideoSelection
from data.videos.video import Frame
from experiments.dataset_report.fault_report import describe


def check(root, splits=("all",), **arguments):
    dataset = open_dataset("folder", str(root))
    return check_dataset(dataset, str(root), splits, progress=False, **arguments)


def run(root, *flags, dataset="folder"):
    return subprocess.run(
        [
            *(sys.executable, "-m", "experiments.check_data", f"--dataset={dataset}"),
            *(f"--data_dir={root}", *flags),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def folder(tmp_path):
    write_folder(tmp_path, {"a": numbered(range(10)), "b": numbered([0, 2, 4, 10])})
    return tmp_path


def test_a_clean_folder_has_no_fault_and_its_summary_is_right(folder):
    report = check(folder, splits=("train", "all"), num_frames=3)
    assert report.faults == []
    train, whole = report.splits
    assert (whole.videos, whole.frames, whole.labelled_frames) == (2, 14, 14)
    assert whole.clips == 8 + 1
    assert (train.frames, train.clips) == (12, 6 + 1)
    # Frame n bears class n % 3, and the two videos have 10 and 4 frames.
    expected = {"road": 4 + 2, "car": 3 + 1, "sky": 3 + 1, "ignored": 0}
    shares = {name: 100 * n / 14 for name, n in expected.items()}
    assert whole.class_shares == pytest.approx(shares)


def test_gaps_are_notes(folder):
    image = folder / "images" / "b" / "0010.png"
    assert check(folder).notes == [
        f"Video b has a gap between frames 4 and 10 ({image}); its frames are 2 apart"
    ]


def test_all_faults_are_listed_file_by_file(folder):
    images, labels = folder / "images", folder / "labels"
    (images / "a" / "0001.png").write_bytes(b"")
    whole = (images / "a" / "0002.png").read_bytes()
    (images / "a" / "0002.png").write_bytes(whole[: len(whole) // 2])
    write_image(images / "a" / "0003.png", np.zeros((5, 8, 3), np.uint8))
    write_image(labels / "a" / "0004.png", np.full((6, 8), 77, np.uint8))
    write_image(labels / "b" / "0002.png", np.zeros((6, 8), np.uint16))
    (images / "b" / "0004.png").unlink()
    (images / "c").mkdir()
    report = check(folder)
    expected = [
        f"{images}/c holds no image",
        f"{images}/a/0001.png cannot be read as an image: the file is empty",
        f"{images}/a/0002.png cannot be read as an image: it is damaged",
        f"{labels}/a/0003.png is 6x8 (height x width) and its image",
        f"{images}/a/0003.png is 5x8 (height x width) and 7 of 10 frames of video a",
        f"{labels}/a/0004.png holds the label value 77; ",
        f"{labels}/b/0002.png must be an 8-bit image with one channel",
        f"{images}/b/0004.png is missing; ",
    ]
    for fault, beginning in zip(report.faults, expected, strict=True):
        assert fault.startswith(beginning), fault
        assert "\n" not in fault
    assert report.splits[0].frames == 14
    assert report.splits[0].labelled_frames == 12


def test_files_that_several_splits_share_are_read_once_and_named_once(folder):
    path = folder / "images" / "a" / "0001.png"
    path.write_bytes(b"")
    report = check(folder, splits=("train", "val", "all"))
    assert [str(path) in fault for fault in report.faults] == [True]


def test_images_stored_otherwise_are_notes_as_they_can_be_read(folder):
    pixels = np.zeros((6, 8), np.uint8)
    images = folder / "images" / "a"
    write_image(images / "0000.png", pixels)
    write_image(images / "0001.png", np.zeros((6, 8, 4), np.uint8))
    write_image(images / "0002.png", np.zeros((6, 8, 3), np.uint16))
    write_image(images / "0003.png", np.zeros((6, 8), np.uint16))
    report = check(folder, selection=VideoSelection(only=["a"]))
    assert report.faults == []
    kinds = ["greyscale", "RGBA", "16-bit", "16-bit greyscale"]
    for n, (note, kind) in enumerate(zip(report.notes, kinds, strict=True)):
        path = images / f"{n:04}.png"
        assert note.startswith(f"Video a: 1 of 10 images are {kind}, such as {path};")


def write_with_orientation(path, orientation, shape):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.zeros(shape, np.uint8)).save(path, exif=exif)


def test_an_image_that_exif_turns_away_from_its_label_is_named(folder):
    path = folder / "images" / "a" / "0003.png"
    label = folder / "labels" / "a" / "0003.png"
    write_with_orientation(path, 6, (6, 8, 3))
    assert read_image(str(path)).shape == (8, 6, 3)
    (fault,) = [fault for fault in check(folder).faults if "EXIF" in fault]
    assert fault.startswith(
        f"{path} is rotated because of its EXIF data, but its label"
    )
    assert str(label) in fault
    video = open_dataset("folder", str(folder)).read_videos(str(folder), "all")[0]
    frame = video.frames[3]
    with pytest.raises(ValueError, match="its EXIF data rotate it, but not its label"):
        read_label(video, frame, read_image(frame.image))


@pytest.mark.parametrize("orientation, shape", [(3, (6, 8, 3)), (6, (8, 6, 3))])
def test_an_image_that_exif_turns_as_large_as_its_label_is_a_note(
    orientation, shape, folder
):
    path = folder / "images" / "a" / "0003.png"
    write_with_orientation(path, orientation, shape)
    report = check(folder)
    assert report.faults == []
    (note,) = [note for note in report.notes if "EXIF" in note]
    assert note.startswith("Video a: 1 images with a label are rotated or mirrored")
    assert str(path) in note


def test_a_jpeg_that_is_half_decoded_is_a_fault_with_its_name(folder, rng):
    folder.joinpath("images", "a", "0003.png").unlink()
    path = folder / "images" / "a" / "0003.jpg"
    image = np.repeat(np.repeat(rng.integers(0, 256, (6, 8, 3)), 9, 0), 9, 1)
    encoded = cv2.imencode(".jpg", image.astype(np.uint8))[1].tobytes()
    path.write_bytes(encoded[: len(encoded) * 2 // 3] + b"\xff\xd9")
    result = run(folder)
    assert result.returncode == 1
    assert f"{path} cannot be read as an image: only a part of it can be decoded" in (
        result.stdout
    )
    assert "Corrupt JPEG" not in result.stderr


def test_how_order_and_gaps_are_understood_is_told(tmp_path):
    times = [f"2024-05-01_10-15-{s:02}.png" for s in range(50, 60)]
    write_folder(tmp_path, {"v": times})
    (note,) = check(tmp_path).notes
    assert note.startswith("Video v: no number in the names of its frames, such as ")


def test_frames_in_shards_are_checked_like_files(folder):
    dataset = open_dataset("folder", str(folder))
    (video, _) = dataset.read_videos(str(folder), "all")
    source = [
        {"image": Path(f.image).read_bytes(), "label": Path(f.label).read_bytes()}
        for f in video.frames
    ]
    source[2]["image"] = source[2]["image"][:50]
    frames = tuple(
        Frame(*(StoredFile(source, i, p, f"{p} {i}") for p in ("image", "label")), i)
        for i in range(len(source))
    )
    stored = replace(dataset, read_videos=lambda *_: [replace(video, frames=frames)])
    report = check_dataset(stored, "", ["all"], progress=False)
    (fault,) = report.faults
    assert fault.startswith("image 2 cannot be read as an image")
    assert report.splits[0].labelled_frames == 10


def test_a_split_that_is_not_there_is_a_fault_and_the_others_are_read(folder):
    report = check(folder, splits=("night", "all"))
    assert len(report.faults) == 1 and "split='night'" in report.faults[0]
    assert [split.frames for split in report.splits] == [0, 14]


def test_a_split_without_a_clip_or_a_label_says_so(tmp_path):
    write_folder(tmp_path, {"a": numbered(range(3))}, labelled=[])
    report = check(tmp_path)
    assert report.faults == []
    assert report.notes[0] == "Video a has no label"
    assert report.notes[1].startswith("Split all: None of the 1 videos has a labelled")
    assert report.splits[0].class_shares is None and report.splits[0].clips == 0
    assert "pixels" not in describe(report, 4, 1)


def test_the_command_prints_a_table_and_ends_with_0(folder):
    result = run(folder, f"--json={folder}/report.json", "--num_frames=2")
    assert result.returncode == 0, result.stderr
    verdict, where = result.stdout.splitlines()[-2:]
    assert verdict == "No faults found"
    assert where == f"The report is in {folder}/report.json"
    (line,) = [x for x in result.stdout.splitlines() if x.startswith("all ")]
    assert line.split() == ["all", "2", "14", "14", "11"]
    report = json.loads((folder / "report.json").read_text())
    assert report["faults"] == []
    assert [split["split"] for split in report["splits"]] == ["train", "val", "all"]
    assert result.stderr == ""  # no bar where there is no terminal


def test_the_command_ends_with_1_after_all_faults(folder):
    for n in (1, 2):
        (folder / "images" / "a" / f"{n:04}.png").write_bytes(b"")
    result = run(folder, "--split=all")
    assert result.returncode == 1
    assert result.stdout.count("the file is empty") == 2
    assert result.stdout.rstrip().endswith("2 faults found")
    assert "Traceback" not in result.stderr


def test_the_command_reads_only_the_videos_chosen(folder):
    (folder / "images" / "a" / "0001.png").write_bytes(b"")
    result = run(folder, "--split=all", "--skip_videos=a")
    assert result.returncode == 0, result.stdout


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path):
    result = run(tmp_path / "nowhere")
    assert result.returncode == 1
    assert (
        result.stderr.strip()
        .splitlines()[-1]
        .startswith(f"ERROR: {tmp_path}/nowhere/classes.json is missing")
    )


def test_real_data_has_no_fault(camvid_dir):
    dataset = open_dataset("camvid", str(camvid_dir))
    report = check_dataset(dataset, str(camvid_dir), ["val"], progress=False)
    assert report.faults == [] and report.notes == []
    (val,) = report.splits
    assert (val.videos, val.frames, val.labelled_frames, val.clips) == (1, 101, 101, 98)
    assert sum(val.class_shares.values()) == pytest.approx(100)
    assert max(val.class_shares, key=val.class_shares.get) == "Road"
