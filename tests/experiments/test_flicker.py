import csv
import json
import os
import subprocess
import sys

import cv2
import numpy as np
import pytest
from checkout import ROOT
from folder_tree import numbered, write_folder
from random_icnet import CLASSES, new_random_network
from verb_process import VerbProcess

from lstm_icnet import flicker

PARTS = slice(0, 3), slice(3, 5)  # the frames of two videos
ENVIRONMENT = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1"}


def run(verb, *arguments):
    return subprocess.run(
        [sys.executable, "-m", f"experiments.{verb}", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
    )


@pytest.fixture
def folders(tmp_path, rng):
    """Labels and two systems' predictions of two videos; and the arrays."""
    arrays = {}
    for name in ("labels", "ours", "theirs"):
        arrays[name] = rng.integers(0, 3, (5, 4, 6)).astype(np.uint8)
        for index, ids in enumerate(arrays[name]):
            path = tmp_path / name / ("a" if index < 3 else "b") / f"{index}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), ids)
    return tmp_path, arrays


def test_a_map_that_is_cut_off_is_one_line_and_no_more(folders):
    folder, _ = folders
    path = folder / "ours" / "b" / "4.png"
    path.write_bytes(path.read_bytes()[:40])
    result = run("flicker", f"--predictions={folder}/ours", f"--labels={folder}/labels")
    (line,) = result.stderr.splitlines()
    assert line.startswith("ERROR: ") and "b/4.png cannot be read as an image" in line


@pytest.mark.parametrize(
    "void, predicted, arguments, is_noted",
    [
        (3, (0, 1, 2), (), True),
        (3, (0, 1, 2), ("--ignore_label=3",), False),
        (3, (0, 1, 2), ("--num_classes=4",), False),  # the user knows the classes
        (3, (0, 1, 3), (), False),
        (2, (0, 1, 3), (), False),
    ],
)
def test_an_id_of_the_labels_that_may_mean_no_class_is_noted(
    tmp_path, void, predicted, arguments, is_noted
):
    for name, ids in (("labels", (0, 1, void)), ("maps", predicted)):
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / "1.png"), np.array([ids], np.uint8))
    folders = f"--predictions={tmp_path}/maps", f"--labels={tmp_path}/labels"
    result = run("flicker", *folders, *arguments)
    assert result.returncode == 0, result.stderr
    note = "The labels hold the id 3, which is never predicted; if it means no class"
    assert (note in result.stderr) == is_noted


def test_flicker_writes_tables_and_files_without_keras_or_tensorflow(folders):
    folder, arrays = folders
    code = (
        "import runpy, sys\n"
        "try:\n"
        "    runpy.run_module('experiments.flicker', run_name='__main__')\n"
        "finally:\n"
        "    bad = {'keras', 'tensorflow', 'jax', 'torch', 'matplotlib'}\n"
        "    print('IMPORTED', sorted(bad & set(sys.modules)))\n"
    )
    arguments = [
        f"--predictions={folder}/ours",
        f"--labels={folder}/labels",
        f"--json={folder}/out/scores.json",
        f"--csv={folder}/out/scores.csv",
    ]
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert "IMPORTED []" in result.stdout, result.stderr
    assert "mFP (per mille)" in result.stdout
    assert result.stderr == ""  # progress bars are drawn on terminals only
    scores = json.loads((folder / "out/scores.json").read_text())
    mfip = [flicker.mfip(arrays["ours"][part]) for part in PARTS]
    assert scores["mfip"] == pytest.approx((2 * mfip[0] + mfip[1]) / 3)
    assert [v["mfip"] for v in scores["videos"].values()] == pytest.approx(mfip)
    assert set(scores) >= {"accuracy", "mean_iou", "mfp", "tc", "vc8", "vc16"}
    assert np.sum(scores["confusion_matrix"]) == arrays["ours"].size
    with open(folder / "out/scores.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["video"] for row in rows] == ["a", "b", "all videos"]
    assert float(rows[0]["mfip"]) == pytest.approx(mfip[0])
    assert rows[0]["tc"] == ""
    assert sorted(os.listdir(folder / "out")) == ["scores.csv", "scores.json"]


def test_systems_stand_side_by_side_with_differences(folders):
    folder, arrays = folders
    result = run(
        "flicker",
        f"--predictions=A={folder}/ours",
        f"--predictions={folder}/theirs",
        f"--json={folder}/both.json",
    )
    assert result.returncode == 0, result.stderr
    scores = json.loads((folder / "both.json").read_text())
    assert list(scores) == ["A", "theirs"]
    assert f"The scores are in {folder}/both.json" in result.stdout
    ours, theirs = (found["mfip"] for found in scores.values())
    a, b = (flicker.mfip(arrays["theirs"][part]) for part in PARTS)
    assert theirs == pytest.approx((2 * a + b) / 3)
    line = next(x for x in result.stdout.split("\n") if x.startswith("mFIP"))
    difference = f"{theirs - ours:+.2f}"
    assert line.split()[-3:] == [f"{ours:.2f}", f"{theirs:.2f}", difference]
    compared = run("compare", f"--scores={folder}/both.json")
    assert compared.returncode == 0, compared.stderr
    assert line.split()[-1] in compared.stdout


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--predictions={}/nix"], "{}/nix is missing; a folder of predictions"),
        (["--predictions={}/a", "--predictions={}/a"], "two systems are named {}/a"),
        (["--predictions={}/a", "--dataset=camvid"], "--dataset and --data_dir go"),
        (["--predictions={}/a", "--palette={}/names.txt"], "has no colours"),
        (["--predictions={}/a", "--frame_stride=2"], "--frame_stride needs --dataset"),
        (
            [
                "--predictions={}/a",
                "--palette={}/colours.txt",
                "--classes={}/names.txt",
            ],
            "colours.txt (sky, road) must be the 2 that are scored, in the same order: "
            "road, sky",
        ),
        (
            ["--predictions={}/a", "--figures={}/names.txt"],
            "names.txt is a file; it sh",
        ),
        (
            ["--predictions={}/a", "--dataset=camvid", "--data_dir=x", "--labels=y"],
            "--labels cannot be combined with --dataset",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path, arguments, message):
    (tmp_path / "names.txt").write_text("road\nsky\n")
    (tmp_path / "colours.txt").write_text("sky 0 0 9\nroad 9 0 0\n")
    result = run("flicker", *(a.format(tmp_path) for a in arguments))
    assert result.returncode == 1
    last = result.stderr.strip().split("\n")[-1]
    assert last.startswith("ERROR: ")
    assert message.format(tmp_path) in last


@pytest.fixture
def void(tmp_path):
    """Two frames of CamVid: every label a Road or void, predictions with void in them.

    Road (3) is predicted right in four pixels and as void in two; of the void label's
    two pixels one is predicted Road and one void, and both do not count.
    """
    for name in ("0001TP_000000", "0001TP_000001"):
        for folder, ids in (
            ("val", np.zeros((2, 4, 3))),
            ("valannot", [[3, 3, 3, 3], [3, 3, 11, 11]]),
            ("maps", [[3, 3, 3, 3], [11, 11, 3, 11]]),
        ):
            (tmp_path / folder).mkdir(exist_ok=True)
            cv2.imwrite(f"{tmp_path}/{folder}/{name}.png", np.asarray(ids, np.uint8))
    lines = [f"val/0001TP_00000{k}.png valannot/0001TP_00000{k}.png\n" for k in (0, 1)]
    (tmp_path / "val.txt").write_text("".join(lines))
    return tmp_path


@pytest.mark.parametrize(
    "arguments, num_rows",
    [
        (["--dataset=camvid", "--data_dir={}", "--split=val"], 11),
        (["--labels={}/valannot", "--ignore_label=11"], 4),
        (["--labels={}/valannot", "--ignore_label=11", "--num_classes=12"], 11),
        (["--labels={}/valannot", "--ignore_label=11", "--classes=camvid"], 11),
        (["--labels={}/valannot", "--ignore_label=11", "--classes={}/names.txt"], 11),
    ],
    ids=["data set", "ids", "count", "names of a data set", "names of a file"],
)
def test_a_predicted_void_is_an_error_and_no_class(void, arguments, num_rows):
    names = "Sky Building Pole Road Pavement Tree SignSymbol Fence Car Pedestrian Bike"
    (void / "names.txt").write_text("\n".join([*names.split(), "Void"]))
    arguments = [argument.format(void) for argument in arguments]
    with VerbProcess("flicker") as flicker_verb:
        result = flicker_verb(
            f"--predictions={void}/maps", *arguments, f"--json={void}/s.json"
        )
    assert (result.code, result.errors) == (0, [])
    scores = json.loads((void / "s.json").read_text())
    # Four of six pixels; the void label's do not count. Road is the only class there.
    assert scores["accuracy"] == pytest.approx(100 * 4 / 6)
    assert scores["mean_iou"] == pytest.approx(100 * 4 / 6)
    assert scores["mfp"] == scores["mfip"] == 0
    ious = scores["per_class_iou"]
    assert len(ious) == len(scores["confusion_matrix"]) == num_rows
    assert [iou for iou in ious.values() if iou is not None] == [scores["mean_iou"]]
    assert not {"11", "Void"} & set(ious)
    assert np.sum(scores["confusion_matrix"]) == 2 * 4


def test_zero_as_void_gets_no_row(tmp_path):
    for folder, ids in (("labels", [[0, 1, 2, 2]]), ("maps", [[1, 0, 2, 1]])):
        (tmp_path / folder).mkdir()
        cv2.imwrite(f"{tmp_path}/{folder}/f.png", np.asarray(ids, np.uint8))
    with VerbProcess("flicker") as flicker_verb:
        flicker_verb(
            f"--predictions={tmp_path}/maps",
            f"--labels={tmp_path}/labels",
            "--ignore_label=0",
            f"--json={tmp_path}/s.json",
        )
    scores = json.loads((tmp_path / "s.json").read_text())
    # Of 1, 2, 2 one is right. Class 1: none right. Class 2: one of two.
    assert scores["accuracy"] == pytest.approx(100 / 3)
    assert scores["per_class_iou"] == {"1": 0, "2": 50}
    assert scores["mean_iou"] == 25
    assert scores["confusion_matrix"] == [[0, 0], [1, 1]]


def test_predictions_that_evaluate_writes_score_the_same(tmp_path, rng):
    write_folder(
        tmp_path / "data",
        {
            "a": numbered(range(7)),
            "b": numbered([3, 4, 5, 8, 9, 10]),
            "short": numbered(range(2)),
        },
        {"classes": list(CLASSES)},
        size=(97, 97),
    )
    for path in (tmp_path / "data").rglob("images/*/*.png"):
        cv2.imwrite(str(path), rng.integers(0, 256, (97, 97, 3), np.uint8))
    network = new_random_network(2, "depthwise")
    network.save(tmp_path / "network.keras")
    data = ("--dataset=folder", f"--data_dir={tmp_path}/data", "--split=all")
    evaluated = run(
        "evaluate",
        f"--model_file={tmp_path}/network.keras",
        *data,
        "--mode=stream",
        "--reset_every=4",
        "--num_frames=3",
        f"--predictions_dir={tmp_path}/maps",
        f"--json={tmp_path}/evaluated.json",
        f"--figures={tmp_path}/figures",
    )
    assert evaluated.returncode == 0, evaluated.stderr
    assert evaluated.stdout.endswith(f"report is in {tmp_path}/figures/report.html\n")
    assert (tmp_path / "figures/report.html").is_file()
    scored = run(
        "flicker",
        f"--predictions={tmp_path}/maps",
        *data,
        "--partial",
        f"--json={tmp_path}/f.json",
    )
    assert scored.returncode == 0, scored.stderr
    evaluated, scored = (
        json.loads((tmp_path / f"{name}.json").read_text())
        for name in ("evaluated", "f")
    )
    assert evaluated == scored
    assert (scored["num_frames"], scored["num_pairs"]) == (5 + 1 + 1, 4)
    assert 0 < scored["accuracy"] < 100
    assert scored["mfip"] > 0
    maps = {v: sorted(os.listdir(tmp_path / "maps" / v)) for v in "ab"}
    assert maps == {"a": numbered(range(2, 7)), "b": numbered([5, 10])}
    ids = cv2.imread(str(tmp_path / "maps/a/0006.png"), cv2.IMREAD_UNCHANGED)
    assert (ids.dtype, ids.shape) == (np.uint8, (97, 97))


def test_evaluate_writes_results_for_cityscapes_of_videos_without_labels(tmp_path, rng):
    folder = tmp_path / "data/leftImg8bit/demoVideo/stuttgart_00"
    folder.mkdir(parents=True)
    names = [f"stuttgart_00_000000_{n:06}" for n in (1, 2, 3, 4, 9)]
    for name in names:
        image = rng.integers(0, 256, (20, 30, 3), np.uint8)
        cv2.imwrite(str(folder / f"{name}_leftImg8bit.png"), image)
    network = new_random_network(None, None, num_classes=19, classes=None, palette=None)
    network.save(tmp_path / "network.keras")
    result = run(
        "evaluate",
        f"--model_file={tmp_path}/network.keras",
        "--dataset=cityscapes",
        f"--data_dir={tmp_path}/data",
        "--split=demoVideo",
        "--num_frames=2",
        f"--results_dir={tmp_path}/results",
        f"--json={tmp_path}/scores.json",
    )
    assert result.returncode == 0, result.stderr
    scores = json.loads((tmp_path / "scores.json").read_text())
    written = sorted((tmp_path / "results").iterdir())
    assert [path.name for path in written] == [f"{n}_labelIds.png" for n in names[1:4]]
    maps = np.stack([cv2.imread(str(p), cv2.IMREAD_UNCHANGED) for p in written])
    assert maps.shape == (3, 20, 30)
    assert set(np.unique(maps)) <= {7, 8, *range(11, 34)}
    assert scores["mfip"] == pytest.approx(flicker.mfip(maps))
    assert scores["tc"] is not None
    assert scores["accuracy"] is scores["mfp"] is scores["confusion_matrix"] is None
