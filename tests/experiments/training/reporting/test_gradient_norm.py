import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from checkout import ROOT

from experiments.training.reporting.gradient_norm import GradientNorm


def one_step(optimizer, strategy=None, batch=4):
    """Fits y = w x with w = 0: the gradient of mean (y - w x)^2 is -2 mean(x y)."""
    x = np.arange(1.0, batch + 1, dtype="float32")[:, np.newaxis]
    y = 3 * x

    def make():
        model = keras.Sequential(
            [keras.Input((1,)), keras.layers.Dense(1, use_bias=False)]
        )
        model.compile(optimizer(), loss="mse")
        return model

    if strategy is None:
        model = make()
        norm = GradientNorm()
    else:
        with strategy.scope():
            model = make()
            norm = GradientNorm()
    norm.watch(model.optimizer)
    model.set_weights([np.zeros((1, 1))])
    model.fit(x, y, batch_size=batch, epochs=1, verbose=0)
    return norm.value(), 2 * np.mean(x * y)


def test_the_norm_is_that_of_the_gradient():
    norm, expected = one_step(lambda: keras.optimizers.SGD(0.1))
    assert norm == pytest.approx(expected, rel=1e-5)


def test_the_norm_is_taken_before_clipping():
    norm, expected = one_step(lambda: keras.optimizers.SGD(0.1, global_clipnorm=1.0))
    assert norm == pytest.approx(expected, rel=1e-5)


def test_the_norm_has_no_loss_scale():
    def optimizer():
        return keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))

    norm, expected = one_step(optimizer)
    assert norm == pytest.approx(expected, rel=1e-5)


def test_the_norm_is_of_all_weights_together():
    optimizer = keras.optimizers.SGD(0.1)
    variables = [keras.Variable(np.zeros(2)), keras.Variable(np.zeros(3))]
    norm = GradientNorm()
    norm.watch(optimizer)
    optimizer.build(variables)
    optimizer.apply([tf.constant([3.0, 0.0]), tf.constant([0.0, 4.0, 12.0])], variables)
    assert norm.value() == pytest.approx(13.0)
    np.testing.assert_allclose(variables[0], [-0.3, 0.0], rtol=1e-6)


# Two devices must be set up before TensorFlow is used, so in another process.
TWO_DEVICES = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(cpu, two)
import keras
from test_gradient_norm import one_step
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
print(*one_step(lambda: keras.optimizers.SGD(0.1), strategy))
"""


def test_replicas_add_their_gradients():
    result = subprocess.run(
        [sys.executable, "-c", TWO_DEVICES],
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT}/tests/helpers"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    norm, expected = map(float, result.stdout.split()[-2:])
    assert norm == pytest.approx(expected, rel=1e-5)
