import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
from checkout import ROOT
from folder_tree import numbered, write_folder

from experiments.training.devices.chosen_devices import chosen_devices
from lstm_icnet.deployment.export_folder import export
from lstm_icnet.deployment.video_segmenter import VideoSegmenter
from lstm_icnet.weights.keras_file import load_icnet

pytest.importorskip("jax")
ENVIRONMENT = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}

# A convolution, batch normalisation and the loss of the project. Process 0 has other
# weights than the others, which are to be taken over.
SMALL = """
import sys, keras, numpy as np, jax
file, coordinator, num_processes, process_id, number_format = sys.argv[1:]
if number_format == "float64":
    jax.config.update("jax_enable_x64", True)
    keras.config.set_floatx("float64")
from experiments.training.devices.devices import ONE_DEVICE
from experiments.training.devices.processes import Processes
from experiments.training.step.precision import precision, scaled_loss
from lstm_icnet.network.loss import SegmentationCrossEntropy

n, p = int(num_processes), int(process_id)
keras.utils.set_random_seed(p)
devices = Processes(coordinator, n, p) if n > 1 else ONE_DEVICE

def network():
    x = inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, padding="same", kernel_regularizer="l2")(x)
    x = keras.layers.BatchNormalization(momentum=0.5)(x)
    x = keras.layers.Conv2D(3, 1)(keras.ops.relu(x))
    return keras.Model(inputs, {"main": x})

def make(config=None):
    with precision(number_format):
        model = keras.Model.from_config(config) if config else network()
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
    model.compile(
        scaled_loss(optimizer, number_format), {"main": SegmentationCrossEntropy()}
    )
    model.optimizer.build(model.trainable_variables)
    return model

rng = np.random.default_rng(0)
images = rng.normal(3, 2, (12, 8, 8, 3))
images[::4] *= 5  # the processes see different statistics
labels = rng.integers(0, 3, (12, 8, 8)).astype("uint8")
labels[0, 1:], labels[3] = 255, 255
model, told = devices.distributed(make() if p == 0 else None, {"step": 5}, make)
assert told == {"step": 5}

class Losses(keras.callbacks.Callback):
    found = ()
    def on_train_batch_end(self, batch, logs=None):
        self.found += (float(logs["loss"]),)
        self.model.reset_metrics()
        assert devices.largest(p) == n - 1
        with devices.alone():
            copy = make()  # of this process alone
            copy.predict_on_batch(images[: 2 + p])
            if p == 0:
                self.model.save(f"{file}.keras")

import tensorflow as tf
data = tf.data.Dataset.from_tensor_slices((images, {"main": labels}))
data = data.shard(n, p).batch(4 // n)
losses = Losses()
with devices.training():
    model.fit(data, shuffle=False, verbose=0, callbacks=[losses])
variables = [*model.variables, *model.optimizer.variables]
np.savez(file, np.array(losses.found), *(np.array(v) for v in variables))
"""

TOO_FEW = """
import sys
from experiments.training.devices.processes import Processes
Processes(sys.argv[1], 2, int(sys.argv[2]), wait_seconds=2)
"""

ENDS = """
import os, sys
import numpy as np
from experiments.training.devices.processes import Processes
devices = Processes(sys.argv[1], 2, int(sys.argv[2]))
devices.largest(1)
if devices.process_id == 1:
    os._exit(0)
with devices.training():
    for _ in range(100):
        devices.largest(1)
"""

FIRST_FAILS = """
import sys
from experiments.training.devices.processes import Processes
devices = Processes(sys.argv[1], 2, int(sys.argv[2]))
if devices.process_id == 0:
    with devices.telling_errors():
        raise ValueError("the workdir is in use")
try:
    devices.distributed(None, {}, None)
except ValueError as error:
    print(error)
"""


def free_address():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{server.getsockname()[1]}"


def start(script, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "number_format, relative, absolute",
    [
        ("float64", 1e-6, 1e-8),  # on JAX, Keras computes moments in float32
        ("mixed_bfloat16", 0.03, 0.03),  # rounded after sums of another order
        ("mixed_float16", 0.004, 0.004),
    ],
)
def test_two_processes_train_a_small_network_as_one_does(
    number_format, relative, absolute, tmp_path
):
    address = free_address()
    started = [start(SMALL, tmp_path / "one.npz", address, 1, 0, number_format)]
    for p in (0, 1):
        file = tmp_path / f"two_{p}.npz"
        started.append(start(SMALL, file, address, 2, p, number_format))
    for process in started:
        _, text = process.communicate(timeout=300)
        assert process.returncode == 0, text
    one, first, second = (
        list(np.load(tmp_path / f"{name}.npz").values())
        for name in ("one", "two_0", "two_1")
    )
    assert len(one[0]) == 3 and len(one) > 10 and np.isfinite(one[0]).all()
    for a, b, c in zip(one, first, second, strict=True):
        np.testing.assert_allclose(b, a, rtol=relative, atol=absolute)
        np.testing.assert_array_equal(c, b)


def test_a_process_that_is_alone_ends_with_a_sentence():
    started = [start(TOO_FEW, free_address(), p) for p in (0, 1)]
    for p, process in enumerate(started):
        _, text = process.communicate(timeout=100)
        assert process.returncode == 1
        assert f"ERROR: Process {p} of 2 has waited for 2 seconds at" in text


@pytest.mark.slow
def test_a_process_whose_peer_ends_ends_with_a_sentence():
    address = free_address()
    first, second = (start(ENDS, address, p) for p in (0, 1))
    second.communicate(timeout=100)
    _, text = first.communicate(timeout=100)
    assert first.returncode == 1
    assert "ERROR: Process 0 has lost the connection to another process" in text


@pytest.mark.slow
def test_an_error_of_process_0_is_told_to_the_others():
    address = free_address()
    first, second = (start(FIRST_FAILS, address, p) for p in (0, 1))
    out, _ = second.communicate(timeout=100)
    _, text = first.communicate(timeout=100)
    assert "ValueError: the workdir is in use" in text
    assert "Process 0 has ended: ValueError: the workdir is in use" in out


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="of other backends")
def test_other_backends_are_told_what_processes_need():
    with pytest.raises(ValueError, match="--coordinator needs KERAS_BACKEND=jax"):
        chosen_devices("none", "127.0.0.1:1", 2, 0)


def test_flags_that_belong_together_are_refused_apart():
    with pytest.raises(ValueError, match="Give all of --coordinator"):
        chosen_devices("none", "127.0.0.1:1", 2)
    with pytest.raises(ValueError, match="Received: --strategy=mirrored"):
        chosen_devices("mirrored", "127.0.0.1:1", 2, 0)


FLAGS = (
    "--dataset=folder --model=icnet --height=97 --width=97 --width_multiplier=0.1 "
    "--train_split=all --val_split=all --learning_rate=1e-3 --batch_size=2 "
    "--log_steps=1 --checkpoint_steps=2 --freeze_branches"
)


def train(workdir, backend, *flags):
    command = [sys.executable, "-m", "experiments.train", *FLAGS.split(), *flags]
    command += [f"--workdir={workdir}", f"--data_dir={workdir.parent / 'data'}"]
    environment = {**ENVIRONMENT, "KERAS_BACKEND": backend}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )


def finished(*processes):
    texts = [process.communicate(timeout=900)[1] for process in processes]
    for process, text in zip(processes, texts, strict=True):
        assert process.returncode == 0, text
    return texts


def logged(workdir, name="loss"):
    lines = (workdir / "metrics.jsonl").read_text().splitlines()
    found = map(json.loads, lines)
    return {line["step"]: line[name] for line in found if name in line}


@pytest.mark.slow
def test_trainings_continue_with_other_processes_and_on_the_other_backend(tmp_path):
    write_folder(tmp_path / "data", {"drive": numbered(range(8))}, size=(97, 97))
    one, two = tmp_path / "one", tmp_path / "two"
    finished(train(one, "jax", "--steps=1"))
    address = free_address()
    together = [f"--coordinator={address}", "--num_processes=2", "--steps=2"]
    finished(*(train(two, "jax", *together, f"--process_id={p}") for p in (0, 1)))
    # The first step is that of one process, up to the rounding of float32.
    for name in ("loss", "gradient_norm"):
        expected = logged(one, name)[1]
        assert logged(two, name)[1] == pytest.approx(expected, rel=1e-3)
    assert (two / "best.keras").exists()

    export(load_icnet(two / "last.keras"), tmp_path / "exported")
    frames = np.full((1, 97, 97, 3), 99, np.uint8)
    labels = VideoSegmenter(tmp_path / "exported").segment_clip(frames)
    np.testing.assert_array_equal(labels, VideoSegmenter(two).segment_clip(frames))

    (text,) = finished(train(two, "tensorflow", "--steps=3"))
    assert "Continuing from step 2" in text
    (text,) = finished(train(two, "jax", "--steps=4"))
    assert "Continuing from step 3" in text
    assert sorted(logged(two)) == [1, 2, 3, 4]


@pytest.mark.slow
def test_a_signal_to_one_process_stops_all_after_the_same_step(tmp_path):
    write_folder(tmp_path / "data", {"drive": numbered(range(8))}, size=(97, 97))
    workdir = tmp_path / "run"
    flags = [f"--coordinator={free_address()}", "--num_processes=2", "--val_split="]
    flags += ["--steps=1000", "--checkpoint_steps=1000"]
    both = [train(workdir, "jax", *flags, f"--process_id={p}") for p in (0, 1)]
    while not (workdir / "metrics.jsonl").exists() and both[0].poll() is None:
        time.sleep(0.1)
    both[1].send_signal(signal.SIGTERM)
    texts = finished(*both)
    for text in texts:
        assert "Stopped by SIGTERM" in text
    (checkpoint,) = (workdir / "checkpoints").iterdir()
    (step,) = map(int, re.findall(r"\d+", checkpoint.name))
    assert step == max(logged(workdir)) < 1000


@pytest.mark.slow
def test_a_signal_to_process_0_while_it_validates_ends_all_without_an_error(tmp_path):
    write_folder(tmp_path / "data", {"drive": numbered(range(8))}, size=(97, 97))
    workdir = tmp_path / "run"
    flags = [f"--coordinator={free_address()}", "--num_processes=2", "--steps=4"]
    both = [train(workdir, "jax", *flags, f"--process_id={p}") for p in (0, 1)]
    while not (workdir / "last.keras").exists() and both[0].poll() is None:
        time.sleep(0.01)
    both[0].send_signal(signal.SIGTERM)
    for text in finished(*both):
        assert "Stopped by SIGTERM" in text
    assert "val_mean_iou" not in (workdir / "metrics.jsonl").read_text()
    assert [file.name for file in (workdir / "checkpoints").iterdir()] == [
        "step_00000002.keras"
    ]
    finished(train(workdir, "jax", "--steps=4"))
    assert sorted(logged(workdir, "val_mean_iou")) == [2, 4]
