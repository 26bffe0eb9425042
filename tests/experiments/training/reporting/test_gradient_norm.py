import keras
import numpy as np
import pytest
from jax_process import outside_jax, run_on_jax

from experiments.training.reporting.gradient_norm import GradientNorm


def one_step(optimizer, batch=4, scale=1.0):
    """Fits y = w x with w = 0: the gradient of mean (y - w x)^2 is -2 mean(x y)."""
    x = np.arange(1.0, batch + 1, dtype="float32")[:, np.newaxis]
    y = 3 * scale * x

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(optimizer(), loss="mse")
    norm = GradientNorm()
    norm.watch(model)
    model.set_weights([np.zeros((1, 1))])
    logs = Logs()
    model.fit(x, y, batch_size=batch, epochs=1, verbose=0, callbacks=[logs])
    return norm.value(logs.last), 2 * np.mean(x * y)


class Logs(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        self.last = logs


def test_the_norm_is_that_of_the_gradient():
    norm, expected = one_step(lambda: keras.optimizers.SGD(0.1))
    assert norm == pytest.approx(expected, rel=1e-5)


def test_the_norm_is_taken_before_clipping():
    norm, expected = one_step(lambda: keras.optimizers.SGD(0.1, global_clipnorm=1.0))
    assert norm == pytest.approx(expected, rel=1e-5)


def scaled():
    return keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))


def test_the_norm_has_no_loss_scale():
    norm, expected = one_step(scaled)
    assert norm == pytest.approx(expected, rel=1e-5)


def test_the_norm_is_of_all_weights_together():
    # The gradients of the loss by the weights are 3 and 4, and 12 by the bias.
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), loss=lambda y, z: y * z)
    model.set_weights([np.zeros((2, 1)), np.zeros(1)])
    norm, logs = GradientNorm(), Logs()
    norm.watch(model)
    x, y = np.array([[0.25, 1 / 3]]), np.array([[12.0]])
    model.fit(x, y, verbose=0, callbacks=[logs])
    assert norm.value(logs.last) == pytest.approx(13.0)
    np.testing.assert_allclose(model.get_weights()[0], [[-0.3], [-0.4]], rtol=1e-6)


@pytest.mark.parametrize("optimizer", [keras.optimizers.SGD, scaled])
@pytest.mark.parametrize("scale", [np.inf, np.nan])
def test_a_norm_that_is_not_finite_is_not_a_number_to_log(scale, optimizer):
    norm, _ = one_step(optimizer, scale=scale)
    assert norm is None


@outside_jax
def test_on_jax():
    run_on_jax(__file__)
