"""A disk that fills up during a training."""

import os
import signal
import subprocess
import sys
import time

import pytest
from checkout import ROOT
from folder_tree import numbered, write_folder
from small_disk import fill, small_disk

from experiments.training.workdir.workdir import Workdir

FLAGS = (
    "--dataset=folder --model=icnet --height=97 --width=97 --width_multiplier=0.1 "
    "--train_split=all --val_split= --checkpoint_steps=5 --log_steps={log_steps} "
    "--steps={steps}"
)


@pytest.fixture
def data(tmp_path):
    write_folder(tmp_path / "data", {"drive": numbered(range(4))}, size=(97, 97))
    return tmp_path / "data"


def start(data, workdir, steps=100_000, log_steps=100_000):
    flags = FLAGS.format(steps=steps, log_steps=log_steps).split()
    command = [sys.executable, "-m", "experiments.train", *flags]
    command += [f"--data_dir={data}", f"--workdir={workdir}"]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def wait_for_checkpoint(process, workdir):
    while process.poll() is None and not workdir.last.exists():
        time.sleep(0.05)
    assert process.poll() is None, process.stderr.read()


@pytest.mark.slow
@pytest.mark.parametrize("log_steps", [1, 100_000], ids=["log", "checkpoint"])
def test_a_disk_that_fills_up_ends_the_training_with_a_sentence(
    log_steps, data, tmp_path
):
    disk = tmp_path / "disk"
    disk.mkdir()
    with small_disk(disk, "40m"):
        workdir = Workdir(disk / "run")
        process = start(data, workdir.path, log_steps=log_steps)
        try:
            wait_for_checkpoint(process, workdir)
            filling = fill(disk)
            _, text = process.communicate(timeout=120)
        finally:
            process.kill()
            process.wait()
        (sentence,) = [x for x in text.splitlines() if x.startswith("ERROR: ")]
        assert process.returncode == 1
        assert "Traceback" not in text
        assert str(disk) in sentence
        assert "No space left" in sentence
        filling.unlink()
        step, _ = workdir.newest_checkpoint()
        assert step >= 5
        again = start(data, workdir.path, log_steps=log_steps)
        while (line := again.stderr.readline()) and "Continuing" not in line:
            pass
        again.send_signal(signal.SIGKILL)
        again.communicate()
        assert line.endswith(f"Continuing from step {step}\n")
