import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from checkout import ROOT
from folder_tree import numbered, write_folder
from saved_arrays import arrays_of

from experiments.training.reporting.scalars import TIMINGS

FLAGS = (
    "--dataset=folder --model=lstm_icnet_v1 --cell=depthwise --num_frames=2 "
    "--height=97 --width=97 --width_multiplier=0.25 --train_split=all --val_split=all "
    "--learning_rate=0.01 --steps=9 --checkpoint_steps=3 --log_steps=2 --deterministic"
)


@pytest.fixture
def data(tmp_path):
    write_folder(tmp_path / "data", {"drive": numbered(range(8))}, size=(97, 97))
    return tmp_path / "data"


def start(data, workdir):
    command = [sys.executable, "-m", "experiments.train", *FLAGS.split()]
    command += [f"--data_dir={data}", f"--workdir={workdir}"]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def killed_after(checkpoint, process):
    while process.poll() is None and not checkpoint.exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    return process.wait()


def metrics_of(workdir):
    lines = (workdir / "metrics.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    return [{k: v for k, v in m.items() if k not in TIMINGS} for m in found]


@pytest.mark.slow
def test_a_killed_training_ends_bit_by_bit_where_one_in_one_go_does(data, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    process = start(data, whole)
    assert process.communicate() and process.returncode == 0
    for step in (3, 6):
        checkpoint = killed / "checkpoints" / f"step_{step:08d}.keras"
        assert killed_after(checkpoint, start(data, killed)) == -signal.SIGKILL
    process = start(data, killed)
    _, text = process.communicate()
    assert process.returncode == 0
    assert "Continuing from step 6" in text
    expected, found = arrays_of(whole / "last.keras"), arrays_of(killed / "last.keras")
    assert expected.keys() == found.keys()
    assert any(name.startswith("optimizer") for name in found)
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)
    assert metrics_of(killed) == metrics_of(whole)
    assert [line["step"] for line in metrics_of(whole)] == [2, 3, 4, 6, 6, 8, 9, 9]
