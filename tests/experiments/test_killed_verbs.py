"""Verbs that are ended while they write leave nothing behind."""

import os
import signal
import subprocess
import sys
import time

import pytest
from checkout import ROOT
from folder_tree import numbered, write_folder
from random_icnet import CLASSES, new_random_network

pytestmark = pytest.mark.slow
VERBS = {
    "segment": "--model={inputs}/icnet.keras --input={frames} --output={out}/v.mp4",
    "segment folder": "--model={inputs}/icnet.keras --input={frames} --output={out}/v",
    "export": "--model_file={inputs}/icnet.keras --out_dir={out}/exported",
    "prepare_data": "--dataset=folder --data_dir={inputs}/long --out_dir={out}/shards",
    "render_synthetic": "--num_videos=2 --num_frames=20 --height=64 --width=64 "
    "--out_dir={out}/videos",
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    frames = {"drive": numbered(range(60))}
    write_folder(folder / "tree", frames, {"classes": CLASSES}, (97, 97))
    # Long enough to be ended while its shards are written.
    frames = {f"drive_{n}": numbered(range(250)) for n in range(6)}
    write_folder(folder / "long", frames, {"classes": CLASSES}, (97, 97))
    new_random_network(None, None, (97, 97)).save(folder / "icnet.keras")
    return folder


def start(name, inputs, out):
    places = {"inputs": inputs, "out": out, "frames": inputs / "tree/images/drive"}
    arguments = VERBS[name].format(**places).split()
    return subprocess.Popen(
        [sys.executable, "-m", f"experiments.{name.split()[0]}", *arguments],
        cwd=ROOT,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def end_while_it_writes(process, out, number):
    """Sends a signal as soon as a temporary file or folder is there."""
    while process.poll() is None and not hidden(out):
        time.sleep(0.001)
    time.sleep(0.1)
    assert process.poll() is None, "it ended before it could be stopped"
    process.send_signal(number)
    process.communicate(timeout=120)
    return process.returncode


def hidden(folder):
    return [path for path in folder.rglob("*") if path.name.startswith(".")]


@pytest.mark.parametrize("name", VERBS)
def test_sigterm_leaves_nothing(name, inputs, tmp_path):
    code = end_while_it_writes(start(name, inputs, tmp_path), tmp_path, signal.SIGTERM)
    if name.startswith("segment"):  # what has been segmented is kept
        assert code in (0, 128 + signal.SIGTERM)
    else:
        assert code == 128 + signal.SIGTERM
        assert list(tmp_path.iterdir()) == []
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("name", VERBS)
def test_what_sigkill_leaves_is_removed_by_the_next_run(name, inputs, tmp_path):
    end_while_it_writes(start(name, inputs, tmp_path), tmp_path, signal.SIGKILL)
    assert hidden(tmp_path)
    process = start(name, inputs, tmp_path)
    _, printed = process.communicate(timeout=300)
    assert process.returncode == 0, printed
    assert hidden(tmp_path) == [] and len(list(tmp_path.iterdir())) == 1
