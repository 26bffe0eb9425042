"""What `evidence` refuses before it makes clips and trains for hours, and its end."""

import json

import numpy as np
import pytest
from camvid_tree import write_tree
from verb_process import VerbProcess


@pytest.fixture(scope="module")
def evidence():
    with VerbProcess("evidence") as verb:
        yield verb


@pytest.fixture(scope="module")
def camvid(tmp_path_factory):
    folder = tmp_path_factory.mktemp("camvid")
    write_tree(folder)
    write_tree(folder, split="val")
    return folder


@pytest.mark.parametrize(
    ("flag", "problem"),
    [
        ("--only=labels_5", "--only=labels_5 is unknown"),
        ("--keep=labels_5", "--keep=labels_5 is unknown"),
        ("--scored=test", "--scored=test is unknown; there are tuning, val"),
        ("--skip_drive=0016E6", "--skip_drive=0016E6 is unknown"),
        ("--start_from=/nowhere", "there is no /nowhere/icnet_0.npz"),
        ("--smoothings=none/0", "none/0 is no smoothing"),
        ("--seeds=first", "--seeds must be numbers"),
        ("--height=65", "--height"),
        ("--processes=0", "--processes"),
        ("--num_clips=0", "--num_clips"),
        ("--steps=0", "--steps"),
        ("--batch_size=9999", "takes 9999 clips, and there are 1600"),
        ("--icnet_batch_size=6401", "takes 6401 clips, and there are 6400"),
        ("--data_dir=/nowhere", "/nowhere"),
        ("--rows=/dev/null/rows.jsonl", "/dev/null"),
    ],
)
def test_what_is_wrong_is_refused_in_one_sentence_before_the_work(
    flag, problem, evidence, camvid, tmp_path
):
    result = evidence(
        f"--data_dir={camvid}",
        f"--workdir={tmp_path}/work",
        f"--rows={tmp_path}/new/rows.jsonl",
        flag,
    )
    assert result.code not in (0, None)
    (error,) = result.errors
    assert problem in error
    assert "Traceback" not in result.err
    assert not list(tmp_path.iterdir())


def test_an_image_that_a_worker_cannot_read_is_one_line_and_no_more(evidence, tmp_path):
    names = [f"0001TP_{number:06}" for number in range(6690, 6990, 30)]
    write_tree(tmp_path / "camvid", names)
    write_tree(tmp_path / "camvid", split="val")
    for path in (tmp_path / "camvid" / "train").iterdir():
        path.write_bytes(path.read_bytes()[:40])
    result = evidence(
        f"--data_dir={tmp_path}/camvid",
        f"--workdir={tmp_path}/work",
        f"--rows={tmp_path}/rows.jsonl",
        "--only=icnet",
    )
    assert result.code == 1
    (line,) = result.err.splitlines()
    assert line.startswith("ERROR: ") and "cannot be read as an image" in line


@pytest.fixture(scope="module")
def tiny(evidence, camvid_dir, tmp_path_factory):
    """Folder of a run of one ICNet with one step, and what it printed."""
    folder = tmp_path_factory.mktemp("tiny")
    return folder, run_tiny(evidence, camvid_dir, folder)


def run_tiny(evidence, camvid_dir, folder, *flags):
    result = evidence(
        f"--data_dir={camvid_dir}",
        f"--workdir={folder}/work",
        f"--rows={folder}/rows.jsonl",
        "--only=icnet",
        "--seeds=0",
        "--scored=val",
        "--num_clips=1",
        "--icnet_steps=1",
        "--icnet_batch_size=2",
        "--height=97",
        "--width=129",
        "--smoothings=flow/0.6/1",
        *flags,
        seconds=600,
    )
    assert result.code == 0, result.err
    return result.out


@pytest.mark.slow
def test_the_end_says_where_the_rows_are(tiny):
    folder, printed = tiny
    assert f"Scores: {folder}/rows.jsonl" in printed
    lines = (folder / "rows.jsonl").read_text().splitlines()
    assert sorted((r["recipe"], r["smoothing"]) for r in map(json.loads, lines)) == [
        ("icnet", "flow"),
        ("icnet", "none"),
    ]


@pytest.mark.slow
def test_labels_of_the_icnets_can_be_aligned(tiny, evidence, camvid_dir, tmp_path):
    run_tiny(evidence, camvid_dir, tmp_path, "--icnet_align_labels")
    kernels = []
    for folder in (tiny[0], tmp_path):
        with np.load(folder / "work" / "icnet_0.npz") as weights:
            kernels.append(weights["conv6_cls/kernel"])
    assert kernels[0].shape == kernels[1].shape
    assert not np.allclose(*kernels)
