import keras
import numpy as np
import pytest

from experiments.training.reporting.profile import Profile


@pytest.fixture
def fit(tmp_path):
    """Trains some steps; returns the profiles that were written."""

    def fit(steps):
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        data = np.ones((steps, 1))
        model.fit(data, data, batch_size=1, verbose=0, callbacks=[Profile(tmp_path)])
        return list(tmp_path.glob("plugins/profile/*/*.xplane.pb"))

    return fit


@pytest.mark.parametrize("steps", [11, 20])
def test_some_steps_are_profiled(fit, steps):
    (file,) = fit(steps)
    assert file.stat().st_size > 1000


def test_a_run_that_is_too_short_says_so(fit, caplog):
    assert fit(9) == []
    assert "No profile was recorded: this run ended after 9 steps" in caplog.text
