"""The Keras metrics with KERAS_BACKEND=jax: the first test runs the others."""

import pytest
from jax_process import ON_JAX, in_jax, outside_jax, run_on_jax
from keras_metrics import METRICS, as_floats, numpy_result, random_batch

if ON_JAX:
    import jax


@outside_jax
def test_this_module_passes_on_jax():
    run_on_jax(__file__)


@in_jax
@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "jit"])
@pytest.mark.parametrize("kind", METRICS)
def test_metric_equals_the_numpy_one(kind, compiled, rng):
    maps = random_batch(rng)
    metric = METRICS[kind]()
    for samples in (slice(0, 1), slice(1, None)):
        y_true, y_pred = maps.part(samples).inputs(kind)
        if compiled:
            update = jax.jit(metric.stateless_update_state)
            values = [v.value for v in metric.variables]
            values = update(values, y_true, y_pred)
            for variable, value in zip(metric.variables, values, strict=True):
                variable.assign(value)
        else:
            metric.update_state(y_true, y_pred)
    found = as_floats(metric.result())
    assert found == pytest.approx(numpy_result(kind, maps), rel=1e-6)
    metric.reset_state()
    assert as_floats(metric.result()) == numpy_result(kind, maps.part(slice(0, 0)))


@in_jax
@pytest.mark.parametrize("kind", METRICS)
def test_too_few_frames_give_zero(kind, rng):
    maps = random_batch(rng, time=1)
    maps.label[:] = 255
    metric = METRICS[kind]()
    metric.update_state(*maps.inputs(kind))
    assert as_floats(metric.result()) == numpy_result(kind, maps)
