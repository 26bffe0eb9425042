"""The verb `tables`: with stand-ins for training and scoring, and as a whole."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import cityscapes_tree
import fake_verbs
import numpy as np
import pytest
import virtual_kitti_tree
from checkout import ROOT

from experiments.paper_tables.printed import TABLE_2
from experiments.paper_tables.score_table import Network

KEYS = [Network(*key).key for key in TABLE_2.rows]
SIZE = (100, 130)
SMALL = ["steps=4", "height=97", "width=97", "width_multiplier=0.25"]
SMALL += ["checkpoint_steps=1", "log_steps=1", "batch_size=1"]
SECONDS = 3600


@pytest.fixture(scope="module")
def kitti(tmp_path_factory):
    """Two videos, of whose halves the first is trained on."""
    root = tmp_path_factory.mktemp("kitti")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(virtual_kitti_tree, "SIZE", SIZE)
        for variation in ("clone", "fog"):
            rng = np.random.default_rng(0)
            virtual_kitti_tree.write_video(root, "0001", variation, 10, rng)
    return root


@pytest.fixture(scope="module")
def cityscapes(tmp_path_factory):
    """Two snippets for training, one of `val`, and a demo video of five frames."""
    root = tmp_path_factory.mktemp("cityscapes")
    splits = {
        "train": {("aachen", 0): [19], ("zurich", 121): [19]},
        "val": {("munster", 20): [19]},
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cityscapes_tree, "SIZE", SIZE)
        for split, snippets in splits.items():
            cityscapes_tree.write_images(root, split, snippets)
            cityscapes_tree.write_labels(root, split, snippets)
        demo = {("stuttgart", 0): range(5)}
        cityscapes_tree.write_single_images(root, "demoVideo", demo)
    return root


def start(data_dir, workdir, *arguments, program=("-m", "experiments.tables")):
    name = "virtual_kitti" if (data_dir / "vkitti_1.3.1_rgb").exists() else "cityscapes"
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "helpers")])
    return subprocess.Popen(
        [
            *(sys.executable, *program),
            *(f"--dataset={name}", f"--data_dir={data_dir}", f"--workdir={workdir}"),
            *arguments,
        ],
        cwd=ROOT,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1", "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def start_fake(*arguments):
    return start(*arguments, program=(ROOT / "tests" / "helpers" / "fake_tables.py",))


def end(process):
    output, _ = process.communicate(timeout=SECONDS)
    return process.returncode, output


def wait_for(path, process):
    deadline = time.monotonic() + SECONDS
    while not path.exists():
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < deadline, f"{path} did not come"
        time.sleep(0.005)


def test_all_thirteen_are_trained_and_the_table_is_printed(kitti, tmp_path):
    code, output = end(start_fake(kitti, tmp_path, "--seeds=0,2"))
    assert code == 0, output
    assert sorted(path.name for path in (tmp_path / "seed_2").iterdir()) == sorted(KEYS)
    assert re.search(r"^sep-LSTM-ICNet v6 +91.00 ± 1.41 +92.64 ", output, re.MULTILINE)
    assert "13/13 sep-LSTM-ICNet v6, seed 2: training, 30000 steps" in output
    assert (tmp_path / "table.txt").read_text() in output


def test_a_failing_network_gives_exit_code_one(kitti, tmp_path):
    folder = tmp_path / "seed_0" / KEYS[2]
    folder.mkdir(parents=True)
    (folder / "train.fails").touch()
    code, output = end(start_fake(kitti, tmp_path))
    assert code == 1 and "ERROR: 1 of 13 networks have no scores" in output
    assert "training failed: no train today" in output
    assert fake_verbs.calls(tmp_path / "seed_0" / KEYS[12])


@pytest.mark.parametrize(
    "number, expected", [(signal.SIGINT, 130), (signal.SIGTERM, 0)]
)
def test_a_signal_ends_the_training_once_and_the_next_start_goes_on(
    number, expected, kitti, tmp_path
):
    folder = tmp_path / "seed_0" / KEYS[1]
    folder.mkdir(parents=True)
    (folder / "train.waits").touch()
    process = start_fake(kitti, tmp_path)
    wait_for(folder / "waiting", process)
    process.send_signal(number)
    code, output = end(process)
    assert code == expected and "Traceback" not in output
    assert json.loads((folder / "received.json").read_text()) == [number]
    assert not (folder / "scores.json").exists()
    assert not (tmp_path / "seed_0" / KEYS[2]).exists()
    (folder / "train.waits").unlink()
    code, output = end(start_fake(kitti, tmp_path, f"--networks={KEYS[1]}"))
    assert code == 0, output
    verbs = [verb for verb, _ in fake_verbs.calls(folder)]
    assert verbs == ["train", "train", "evaluate"]
    icnet = [verb for verb, _ in fake_verbs.calls(tmp_path / "seed_0" / "icnet")]
    assert icnet == ["train", "evaluate"]


def test_mistakes_are_found_before_any_training(kitti, cityscapes, tmp_path):
    mistakes = {
        "--networks=lstm_icnet_v3_standard": "--networks must be some of icnet, ",
        "--seeds=one": "--seeds must be numbers of at least 0",
        "--set=seed=2": "gives --seed to each training",
    }
    for flag, message in mistakes.items():
        code, output = end(start_fake(kitti, tmp_path / "run", flag))
        assert code == 1 and f"ERROR: {flag.split('=')[0]}" in output, output
        assert message in output
    folder = tmp_path / "none"
    folder.mkdir()
    code, output = end(start_fake(folder, tmp_path / "run"))
    assert code == 1 and "ERROR: " in output and str(folder) in output
    assert not (tmp_path / "run").exists()


def test_without_demo_videos_another_split_is_offered(cityscapes, tmp_path):
    hidden = tmp_path / "demoVideo"
    demo = cityscapes / "leftImg8bit" / "demoVideo"
    demo.rename(hidden)
    try:
        code, output = end(start_fake(cityscapes, tmp_path / "run"))
        assert code == 1 and "--mfip_split=val measures mFIP without" in output
        code, output = end(start_fake(cityscapes, tmp_path / "run", "--mfip_split=val"))
        assert code == 0, output
    finally:
        hidden.rename(demo)


def test_a_split_for_mfip_is_refused_where_there_is_no_mfip(kitti, tmp_path):
    code, output = end(start_fake(kitti, tmp_path / "run", "--mfip_split=val"))
    assert code == 1 and "--mfip_split is for --dataset=cityscapes" in output
    assert not (tmp_path / "run").exists()


def flags_of(folder):
    """Values by flag, of a training."""
    lines = (folder / "flags.txt").read_text().splitlines()
    return dict(line.removeprefix("--").split("=", 1) for line in lines)


def finished(workdir):
    """The networks with scores, and when their output was written last."""
    return {
        file.parent: (file.parent / "train.log").stat().st_mtime_ns
        for file in workdir.glob("seed_0/*/scores.json")
    }


def check_whole_table(workdir, keys):
    content = json.loads((workdir / "table.json").read_text())
    assert [n["name"] for n in content["networks"]] == [
        Network(*key).name for key in TABLE_2.rows if Network(*key).key in keys
    ]
    for network in content["networks"]:
        for measure in ("accuracy", "mean_iou"):
            assert 0 <= network[measure]["mean"] <= 100
        assert 0 <= network["flicker"]["mean"] <= 1000
    for key in keys:
        found = flags_of(workdir / "seed_0" / key)
        assert (found["steps"], found["batch_size"]) == ("4", "1")
        assert (found["optimizer"], found["weight_decay"]) == ("sgd", "0.0001")
        assert (found["learning_rate"], found["every_label"]) == ("0.001", "false")
        assert found["num_frames"] == ("1" if key == "icnet" else "4")
        assert ("init_from" in found) == (key != "icnet")
    return content


def check_continued(folder):
    """The second start of a training went on from where the first one was killed."""
    steps = re.findall(
        r"Continuing from step (\d+)", (folder / "train.log").read_text()
    )
    assert len(steps) == 1 and 0 < int(steps[0]) < 4
    logged = [json.loads(line) for line in (folder / "metrics.jsonl").open()]
    assert [line["step"] for line in logged] == [1, 2, 3, 4]


@pytest.mark.slow
def test_both_tables_as_a_whole_killed_on_the_way(kitti, cityscapes, tmp_path):
    """Table III for all networks; Table II for two, at the same time."""
    small = [f"--set={flag}" for flag in SMALL]
    all_keys, some = KEYS, ["icnet", KEYS[4]]
    first = {
        "III": [kitti, tmp_path / "III", *small],
        "II": [cityscapes, tmp_path / "II", *small, f"--networks={KEYS[4]}"],
    }
    processes = {name: start(*arguments) for name, arguments in first.items()}
    killed = {name: tmp_path / name / "seed_0" / KEYS[4] for name in first}
    # Of one table the command is killed, of the other one the training itself.
    step = "checkpoints/step_00000001.keras"
    wait_for(killed["II"] / step, processes["II"])
    os.kill(int((killed["II"] / ".lock").read_text()), signal.SIGKILL)
    code, output = end(processes["II"])
    assert code == 1 and "training failed: it was ended by SIGKILL" in output
    second = start(*first["II"])
    wait_for(killed["III"] / step, processes["III"])
    processes["III"].kill()
    end(processes["III"])
    done = finished(tmp_path / "III")
    assert [folder.name for folder in sorted(done)] == sorted(KEYS[:4])
    third = start(*first["III"])
    for name, process in (("II", second), ("III", third)):
        code, output = end(process)
        assert code == 0, output
        check_continued(killed[name])
    assert {folder: finished(tmp_path / "III")[folder] for folder in done} == done
    table = check_whole_table(tmp_path / "III", all_keys)
    assert (table["table"], table["flicker"]) == ("Table III", "mfp")
    table = check_whole_table(tmp_path / "II", some)
    assert (table["table"], table["flicker"]) == ("Table II", "mfip")
