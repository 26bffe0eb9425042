import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from checkout import ROOT
from folder_tree import numbered, write_folder
from saved_arrays import arrays_of

from experiments.training.devices.devices import Devices
from experiments.training.reporting.scalars import TIMINGS

FLAGS = (
    "--dataset=folder --model=lstm_icnet_v1 --cell=depthwise --num_frames=2 "
    "--height=97 --width=97 --width_multiplier=0.25 --train_split=all --val_split=all "
    "--learning_rate=0.01 --batch_size=4 --log_steps=3 --deterministic "
    "--checkpoint_steps=2 --freeze_branches"
)

# A convolution, batch normalisation and the loss of the project; in the first batch,
# one clip has few valid pixels and one has none.
SMALL = """
import keras, numpy as np, tensorflow as tf
(cpu,) = tf.config.list_physical_devices("CPU")
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(cpu, two)
from experiments.training.devices.devices import ONE_DEVICE
from experiments.training.devices.mirrored import MirroredDevices
from experiments.training.reporting.gradient_norm import GradientNorm
from experiments.training.starting_network import build_losses
from experiments.training.step.precision import precision, scaled_loss
from lstm_icnet.network.loss import SegmentationCrossEntropy

rng = np.random.default_rng(0)
images = rng.normal(3, 2, (12, 8, 8, 3))
images[::4] *= 5  # the devices see different statistics
labels = rng.integers(0, 3, (12, 8, 8)).astype("uint8")
labels[0, 1:], labels[3] = 255, 255

class Losses(keras.callbacks.Callback):
    # Losses and norms of the gradient.
    found = ()
    def __init__(self, norm):
        super().__init__()
        self.norm = norm
    def on_train_batch_end(self, batch, logs=None):
        self.found += (float(logs["loss"]), self.norm.value(logs))
        self.model.reset_metrics()

def trained(devices, clip_norm=None, number_format="float64"):
    keras.config.set_floatx("float64" if number_format == "float64" else "float32")
    keras.utils.set_random_seed(0)
    with devices.scope(), precision(number_format):
        x = inputs = keras.Input((8, 8, 3))
        x = keras.layers.Conv2D(4, 3, padding="same", kernel_regularizer="l2")(x)
        x = keras.layers.BatchNormalization(momentum=0.5)(x)
        x = keras.layers.Conv2D(3, 1)(keras.ops.relu(x))
        model = keras.Model(inputs, {"main": x})
        model.image_size = (8, 8)
        model.compile(
            scaled_loss(
                keras.optimizers.SGD(0.1, momentum=0.9, global_clipnorm=clip_norm),
                number_format,
            ),
            {"main": SegmentationCrossEntropy()},
        )
        build_losses(model)
        norm = GradientNorm()
    devices.distributed(model, 0, None)
    norm.watch(model)
    data = tf.data.Dataset.from_tensor_slices((images, {"main": labels})).batch(4)
    losses = Losses(norm)
    model.fit(data, shuffle=False, verbose=0, callbacks=[losses])
    variables = [*model.variables, *model.optimizer.variables]
    return losses.found, [np.array(v) for v in variables]
"""

EQUAL = """
for clip_norm in (None, 0.01):
    one = trained(ONE_DEVICE, clip_norm)
    mirrored = trained(MirroredDevices(), clip_norm)
    assert len(one[0]) == 6 and len(one[1]) > 10
    assert min(one[0][1::2]) > 0.01  # all are limited
    np.testing.assert_allclose(mirrored[0], one[0], rtol=1e-6)  # a norm is float32
    np.testing.assert_allclose(mirrored[0][::2], one[0][::2], rtol=1e-10)
    for a, b in zip(one[1], mirrored[1], strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-8, atol=1e-10)
"""

# Half precision rounds after sums of other orders.
ABOUT_EQUAL = """
for name, tolerance in (("mixed_bfloat16", 0.03), ("mixed_float16", 0.004)):
    one = trained(ONE_DEVICE, number_format=name)
    mirrored = trained(MirroredDevices(), number_format=name)
    found, expected = (np.array(x[0], float) for x in (mirrored, one))
    assert np.isfinite(expected[::2]).all()
    np.testing.assert_allclose(found, expected, rtol=tolerance)
    for a, b in zip(one[1], mirrored[1], strict=True):
        np.testing.assert_allclose(b, a, rtol=tolerance, atol=tolerance)
"""

# The gradient is infinite on the second device alone.
OVERFLOW = """
import keras, numpy as np, tensorflow as tf
(cpu,) = tf.config.list_physical_devices("CPU")
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(cpu, two)
from experiments.training.devices.mirrored import MirroredDevices
from experiments.training.step.precision import scaled_loss

devices = MirroredDevices()
with devices.scope():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(scaled_loss(keras.optimizers.SGD(0.1), "mixed_float16"), "mse")
    model.optimizer.build(model.trainable_variables)
devices.distributed(model, 0, None)
model.set_weights([np.ones((1, 1))])
scale = float(model.optimizer.dynamic_scale.numpy())
x, y = np.array([[1.0], [np.inf]]), np.array([[2.0], [1.0]])
model.fit(x, y, batch_size=2, shuffle=False, verbose=0)
np.testing.assert_array_equal(model.get_weights()[0], [[1.0]])
assert float(model.optimizer.dynamic_scale.numpy()) == scale / 2
model.fit(np.ones((2, 1)), np.full((2, 1), 2.0), batch_size=2, verbose=0)
np.testing.assert_allclose(model.get_weights()[0], [[1.2]], rtol=1e-6)
"""


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(SMALL + EQUAL, id="equal"),
        pytest.param(OVERFLOW, id="overflow"),
        pytest.param(SMALL + ABOUT_EQUAL, id="half", marks=pytest.mark.slow),
    ],
)
def test_two_devices_train_a_small_network_as_one_does(script):
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr


def test_a_batch_that_the_devices_cannot_share_is_refused():
    devices = Devices()
    devices.num_devices = 4
    devices.check_batch_size(8)
    with pytest.raises(ValueError, match=r"--batch_size=6 cannot be shared .* 4 dev"):
        devices.check_batch_size(6)


def test_other_backends_are_told_what_mirrored_needs():
    run = subprocess.run(
        [
            *(sys.executable, "-c"),
            "from experiments.training.devices.chosen_devices import chosen_devices\n"
            "try: chosen_devices('mirrored')\n"
            "except ValueError as error: print(error)",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
    )
    assert "--strategy=mirrored needs KERAS_BACKEND=tensorflow" in run.stdout


@pytest.fixture
def data(tmp_path):
    write_folder(tmp_path / "data", {"drive": numbered(range(8))}, size=(97, 97))
    return tmp_path / "data"


def start(data, workdir, num_devices, *flags):
    script = ROOT / "tests" / "helpers" / "train_on_cpus.py"
    command = [sys.executable, str(script), str(num_devices), *FLAGS.split(), *flags]
    command += [f"--data_dir={data}", f"--workdir={workdir}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )


def metrics_of(workdir):
    lines = (workdir / "metrics.jsonl").read_text().splitlines()
    return [
        {k: v for k, v in json.loads(line).items() if k not in TIMINGS}
        for line in lines
    ]


@pytest.mark.slow
def test_two_devices_train_an_lstm_icnet_as_one_does_and_continue(data, tmp_path):
    one, two, stopped = tmp_path / "one", tmp_path / "two", tmp_path / "stopped"
    process = start(data, one, 1, "--steps=4")
    _, text = process.communicate()
    assert process.returncode == 0, text
    process = start(data, two, 2, "--steps=4", "--strategy=mirrored")
    _, text = process.communicate()
    assert process.returncode == 0, text
    for ours, theirs in zip(metrics_of(two), metrics_of(one), strict=True):
        assert ours == pytest.approx(theirs, rel=1e-6)
    expected, found = arrays_of(one / "last.keras"), arrays_of(two / "last.keras")
    assert expected.keys() == found.keys()
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, 1e-5, 1e-6, err_msg=name)

    checkpoint = stopped / "checkpoints" / "step_00000002.keras"
    process = start(data, stopped, 2, "--steps=4", "--strategy=mirrored")
    while process.poll() is None and not checkpoint.exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    process = start(data, stopped, 2, "--steps=4", "--strategy=mirrored")
    _, text = process.communicate()
    assert process.returncode == 0, text
    assert "Continuing from step 2" in text
    again = arrays_of(stopped / "last.keras")
    for name, array in found.items():
        np.testing.assert_array_equal(again[name], array, err_msg=name)
    for ours, theirs in zip(metrics_of(stopped), metrics_of(two), strict=True):
        assert ours == pytest.approx(theirs, rel=1e-12)  # sums restored to one device

    process = start(data, two, 2, "--steps=4", "--strategy=mirrored", "--batch_size=3")
    _, text = process.communicate()
    assert process.returncode == 1
    assert "ERROR: --batch_size=3 cannot be shared equally between 2 devices" in text
