"""Kills a training again and again at random moments.

    python random_kills.py FOLDER SECONDS FLAGS

trains in FOLDER/whole without interruption and in FOLDER/killed with thirty kills, and
compares the two. Half of the kills come within SECONDS after a process has loaded its
checkpoint, and half within a second after it has written another one.
"""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from checkout import ROOT
from saved_arrays import arrays_of

from experiments.training.reporting.scalars import TIMINGS

KILLS = 30
STEPS_PER_KILL, CHECKPOINT_STEPS = 10, 5  # so that the training lasts for all of them
STEPS = STEPS_PER_KILL * (KILLS + 2)


def start(workdir, flags):
    command = [sys.executable, "-m", "experiments.train", *flags]
    command += [f"--steps={STEPS}", f"--checkpoint_steps={CHECKPOINT_STEPS}"]
    return subprocess.Popen(
        [*command, "--log_steps=3", "--deterministic", f"--workdir={workdir}"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def steps_saved(workdir):
    names = [file.stem for file in workdir.glob("checkpoints/step_*.keras")]
    return max((int(name.split("_")[1]) for name in names), default=0)


def wait_for_checkpoint(process, workdir, after):
    while steps_saved(workdir) <= after:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)


def wait(seconds, workdir, most_steps):
    end = time.monotonic() + seconds
    while time.monotonic() < end and steps_saved(workdir) < most_steps:
        time.sleep(0.01)


def step_continued_from(process):
    """Reads what a process prints until it says where it continues."""
    text = ""
    for line in process.stderr:
        text += line
        if "Continuing from step " in line:
            return int(line.split()[-1])
    raise AssertionError(text)


def kill_at_random_moments(workdir, flags, seconds):
    """Returns the step from which each restart continued."""
    generator = random.Random(0)
    process = start(workdir, flags)
    wait_for_checkpoint(process, workdir, after=0)
    continued = []
    for number in range(KILLS):
        process.kill()
        process.communicate()
        saved = steps_saved(workdir)
        process = start(workdir, flags)
        continued.append(step_continued_from(process))
        assert continued[-1] == saved > 0
        most_steps = STEPS_PER_KILL * (number + 2)
        if number % 2:
            wait_for_checkpoint(process, workdir, after=saved)
            wait(generator.random(), workdir, most_steps)
        else:
            wait(seconds * generator.random(), workdir, most_steps)
        assert process.poll() is None
    process.kill()
    process.communicate()
    return continued


def metrics_of(workdir):
    lines = (workdir / "metrics.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    return [{k: v for k, v in m.items() if k not in TIMINGS} for m in found]


def assert_equal(whole, killed):
    """Weights, optimiser and log are equal to the last bit."""
    for name in ("last.keras", "best.keras"):
        expected, found = arrays_of(whole / name), arrays_of(killed / name)
        assert expected.keys() == found.keys()
        assert any(path.startswith("optimizer") for path in found)
        for path, array in expected.items():
            np.testing.assert_array_equal(found[path], array, err_msg=path)
    assert metrics_of(killed) == metrics_of(whole)


def run(folder, flags, seconds):
    whole, killed = folder / "whole", folder / "killed"
    continued = kill_at_random_moments(killed, flags, seconds)
    for workdir in (killed, whole):
        process = start(workdir, flags)
        _, text = process.communicate()
        assert process.returncode == 0, text
    assert_equal(whole, killed)
    return continued


if __name__ == "__main__":
    print(*run(Path(sys.argv[1]), sys.argv[3:], float(sys.argv[2])))
