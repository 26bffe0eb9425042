"""Trains in child processes that die before a chosen file operation.

    python killed_training.py FOLDER

prints a line for each operation after which the next start does not end like a training
without interruption, and then the number of operations tried. The loop is that of
`experiments.train`, with a network of one string: the numbers of its steps.
"""

import os
import random
import shutil
import sys
import traceback
import zipfile
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import tensorflow as tf

from data.datasets.open_dataset import DATASETS
from experiments.training import loop
from experiments.training.reporting.data_wait import DataWait
from experiments.training.reporting.metrics_log import MetricsLog
from experiments.training.reporting.scalars import TIMINGS
from experiments.training.settings import Training

STEPS, CHECKPOINT_STEPS, LOG_STEPS = 8, 2, 3
SCORES = {2: 50.0, 4: 70.0, 6: 60.0, 8: 80.0}
WATCHED = {
    *("open", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir"),
    *("os.truncate", "os.chmod"),
}
KILLED = 9


class Part:
    """A variable of a metric."""

    shape = ()

    def __init__(self):
        self.value = 0.0

    def assign(self, value):
        self.value = float(value)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.value, dtype)


class Mean:
    name = "loss"

    def __init__(self):
        self.variables = [Part(), Part()]

    def update(self, value):
        for part, more in zip(self.variables, (value, 1), strict=True):
            part.assign(part.value + more)
        return self.variables[0].value / self.variables[1].value

    def reset(self):
        for part in self.variables:
            part.assign(0)


class Network:
    """Its weights are the steps it was trained for, as text."""

    variables = ()
    mean_rgb = (0.0, 0.0, 0.0)
    optimizer = SimpleNamespace(variables=(), learning_rate=0.1, apply=None)
    stop_training = False

    def __init__(self):
        self.weights = ""
        self.metrics = [Mean()]

    def save(self, path):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("weights", self.weights)

    def load_weights(self, path):
        self.weights = weights_in(path)

    def reset_metrics(self):
        self.metrics[0].reset()

    def fit(self, batches, steps_per_epoch, callbacks, **others):
        for callback in callbacks:
            callback.set_model(self)
        self.reset_metrics()  # as Keras does
        for callback in callbacks:
            callback.on_train_begin()
            callback.on_epoch_begin(0)
        first = len(self.weights.split())
        for step in range(first, first + steps_per_epoch):
            self.weights += f"{step + 1} "
            loss = self.metrics[0].update(1 / (step + 1))
            for callback in callbacks:
                callback.on_train_batch_begin(step)
                callback.on_train_batch_end(step, {"loss": loss})


class Validation:
    def __init__(self, model, *others):
        self._model = model

    def scores(self):
        mean_iou = SCORES[len(self._model.weights.split())]
        return SimpleNamespace(
            accuracy=1.0, mean_iou=mean_iou, mfp=1.0, mfip=1.0, per_class_iou={}
        )

    def pictures(self):
        return {}


def weights_in(path):
    with zipfile.ZipFile(path) as archive:
        return archive.read("weights").decode()


def replace_network():
    loop.starting_network = lambda *_: Network()
    loop.compile_network = lambda *_: None
    loop.clip_index = lambda *_: []
    loop.training_clips = lambda *_: None
    loop._batches = lambda *_: None
    loop.Validation = Validation
    DataWait.watch = lambda *_: None
    MetricsLog.write_start = lambda *_: None
    MetricsLog.write_end = lambda self: write_event(
        self._workdir.tensorboard, self._steps + 1, ["end"]
    )

    def write(self, step, **metrics):
        for name in TIMINGS:
            metrics.pop(name, None)
        self._workdir.metrics.append({"step": step, **metrics})
        write_event(self._workdir.tensorboard, step, metrics)

    MetricsLog.write = write


def write_event(folder, step, metrics):
    """Adds a record to this process' event file, with checksums that nobody reads."""
    event = tf.compat.v1.Event(step=step)
    for name in metrics:
        event.summary.value.add(tag=name)
    content = event.SerializeToString()
    folder.mkdir(exist_ok=True)
    with open(folder / f"events.out.tfevents.{os.getpid()}", "ab") as file:
        file.write(len(content).to_bytes(8, "little") + bytes(4) + content + bytes(4))


def events_in(folder):
    """How often TensorBoard would find each step and name."""
    found = Counter()
    for file in folder.glob("events*"):
        content = file.read_bytes()
        while content:
            end = 12 + int.from_bytes(content[:8], "little")
            event = tf.compat.v1.Event.FromString(content[12:end])
            found.update((event.step, value.tag) for value in event.summary.value)
            content = content[end + 4 :]
    return found


def train(workdir):
    training = Training(
        model="icnet",
        cell="standard",
        workdir=str(workdir),
        image_size=(97, 97),
        num_frames=1,
        steps=STEPS,
        checkpoint_steps=CHECKPOINT_STEPS,
        log_steps=LOG_STEPS,
    )
    loop.train(training, DATASETS["virtual_kitti"], [], val_videos=["video"])


def run(workdir, kill_before=None):
    """Trains in a child process; returns its exit code and its number of operations."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        count = 0

        def hook(event, arguments):
            nonlocal count
            inside = any(str(workdir) in str(argument) for argument in arguments)
            if event in WATCHED and inside:
                count += 1
                if count == kill_before:
                    os._exit(KILLED)

        sys.addaudithook(hook)
        code = 1
        try:
            train(workdir)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os.write(writing, str(count).encode())
            os._exit(code)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    return os.waitstatus_to_exitcode(status), int(text or 0)


def result(workdir):
    """All files of a training, by name; its log; the events that are looked at.

    Events may be missing: a process writes them after the line of the log.
    """
    files = {
        str(file.relative_to(workdir)): weights_in(file)
        for file in sorted(workdir.rglob("*.keras"))
    }
    hidden = [file.name for file in workdir.rglob(".*") if file.name != ".lock"]
    log = (workdir / "metrics.jsonl").read_text()
    events = events_in(workdir / "tensorboard")
    doubled = [key for key, count in events.items() if count > 1]
    ends = [step for step, name in events if name == "end"]
    return files, log, hidden, doubled, ends


def steps_saved(workdir):
    names = [file.stem for file in workdir.glob("checkpoints/step_*.keras")]
    return max((int(name.split("_")[1]) for name in names), default=0)


def try_kills(folder, kills, expected):
    """Runs killed before each of the operations in turn, then one to the end."""
    workdir = folder / "run"
    shutil.rmtree(workdir, ignore_errors=True)
    saved = 0
    for kill_before in kills:
        code, _ = run(workdir, kill_before)
        if code not in (KILLED, 0) or steps_saved(workdir) < saved:
            return f"{kills}: exit code {code}, {steps_saved(workdir)} steps saved"
        saved = steps_saved(workdir)
    code, _ = run(workdir)
    found = result(workdir) if code == 0 else None
    return "" if found == expected else f"{kills}: exit code {code}, {found}"


def main():
    replace_network()
    folder = Path(sys.argv[1])
    code, operations = run(folder / "whole")
    assert code == 0
    expected = result(folder / "whole")
    assert expected[0]["last.keras"] == "1 2 3 4 5 6 7 8 "
    assert expected[1].count("loss") == 3
    assert expected[3:] == ([], [STEPS + 1])
    assert (STEPS, "loss") in events_in(folder / "whole" / "tensorboard")
    generator = random.Random(0)
    single = [[number] for number in range(1, operations + 1)]
    several = [[generator.randint(1, operations) for _ in range(3)] for _ in range(30)]
    for kills in single + several:
        if wrong := try_kills(folder, kills, expected):
            print(wrong)
    print(operations)


if __name__ == "__main__":
    main()
