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
from pathlib import Path
from types import SimpleNamespace

from data.datasets.open_dataset import DATASETS
from experiments.training import loop
from experiments.training.metrics_log import MetricsLog
from experiments.training.settings import Training

STEPS, CHECKPOINT_STEPS = 8, 2
SCORES = {2: 50.0, 4: 70.0, 6: 60.0, 8: 80.0}
WATCHED = {
    *("open", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir"),
    *("os.truncate", "os.chmod"),
}
KILLED = 9


class Network:
    """Its weights are the steps it was trained for, as text."""

    variables = ()
    mean_rgb = (0.0, 0.0, 0.0)
    optimizer = SimpleNamespace(variables=(), learning_rate=0.1)
    stop_training = False

    def __init__(self):
        self.weights = ""

    def save(self, path):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("weights", self.weights)

    def load_weights(self, path):
        self.weights = weights_in(path)

    def reset_metrics(self):
        pass

    def fit(self, batches, steps_per_epoch, callbacks, **others):
        for callback in callbacks:
            callback.set_model(self)
        first = len(self.weights.split())
        for step in range(first, first + steps_per_epoch):
            self.weights += f"{step + 1} "
            for callback in callbacks:
                callback.on_train_batch_begin(step)
                callback.on_train_batch_end(step, {"loss": 1 / (step + 1)})


class Validation:
    def __init__(self, model, *others):
        self._model = model

    def scores(self):
        mean_iou = SCORES[len(self._model.weights.split())]
        return SimpleNamespace(accuracy=1.0, mean_iou=mean_iou, mfp=1.0, mfip=1.0)

    def picture(self):
        return None


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
    MetricsLog.write_picture = lambda *_: None

    def write(self, step, **metrics):
        metrics.pop("seconds_per_step", None)
        self._workdir.metrics.append({"step": step, **metrics})

    MetricsLog.write = write


def train(workdir):
    training = Training(
        model="icnet",
        cell="standard",
        workdir=str(workdir),
        image_size=(97, 97),
        num_frames=1,
        steps=STEPS,
        checkpoint_steps=CHECKPOINT_STEPS,
        log_steps=1,
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
    """All files of a training, by name."""
    files = {
        str(file.relative_to(workdir)): weights_in(file)
        for file in sorted(workdir.rglob("*.keras"))
    }
    hidden = [file.name for file in workdir.rglob(".*") if file.name != ".lock"]
    return files, (workdir / "metrics.jsonl").read_text(), hidden


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
    generator = random.Random(0)
    single = [[number] for number in range(1, operations + 1)]
    several = [[generator.randint(1, operations) for _ in range(3)] for _ in range(30)]
    for kills in single + several:
        if wrong := try_kills(folder, kills, expected):
            print(wrong)
    print(operations)


if __name__ == "__main__":
    main()
