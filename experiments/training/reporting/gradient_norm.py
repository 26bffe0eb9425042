"""The norm of the gradient, measured inside the training step."""

import math
from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

NAME = "gradient_norm"
_LOSS_SCALE = "dynamic_scale"  # which is not part of the gradient


class GradientNorm:
    """The L2 norm of the gradient of all weights in the last step, before clipping.

    Several devices must have added up their gradients, as `MirroredDevices` does. It
    must be made in the scope of the devices that train. On TensorFlow the step
    writes it to a variable. On JAX, where a step cannot do that, it is one of the
    values that the step returns, the logs of Keras.
    """

    def __init__(self) -> None:
        self._norm: Any = None
        if keras.backend.backend() == "tensorflow":
            self._norm = keras.Variable(
                0.0, trainable=False, dtype="float32", aggregation="only_first_replica"
            )

    def watch(self, model: keras.Model) -> None:
        """Measures the gradients of a compiled model from now on.

        It must be called before the first step, and on all processes that train
        together, since their steps must be the same.
        """
        backend = keras.backend.backend()
        if backend == "tensorflow":
            self._write_to_variable(model.optimizer)
        elif backend == "jax":
            _add_to_logs(model)

    def value(self, logs: Mapping[str, Any]) -> float | None:
        """The norm in the last step; `None` if it is not finite, or on other backends.

        Args:
            logs: What Keras gave to `on_train_batch_end`.
        """
        norm = logs.get(NAME) if self._norm is None else self._norm
        if norm is None:
            return None
        number = float(ops.convert_to_numpy(norm))
        return number if math.isfinite(number) else None

    def _write_to_variable(self, optimizer):
        apply = optimizer.apply

        def measure_and_apply(grads, trainable_variables=None):
            scale = getattr(optimizer, _LOSS_SCALE, 1.0)
            self._norm.assign(_global_norm(grads) / scale)
            return apply(grads, trainable_variables)

        optimizer.apply = measure_and_apply


def _add_to_logs(model):
    """A step of a JAX model applies the gradients, and then computes the metrics."""
    optimizer = model.optimizer
    apply, compute_metrics = optimizer.stateless_apply, model.compute_metrics
    measured = []

    def measure_and_apply(optimizer_variables, grads, trainable_variables):
        scale = _loss_scale(optimizer, optimizer_variables)
        measured.append(_global_norm(grads) / scale)
        return apply(optimizer_variables, grads, trainable_variables)

    def metrics_and_norm(*args, **kwargs):
        logs = compute_metrics(*args, **kwargs)
        return {**logs, NAME: measured.pop()} if measured else logs

    optimizer.stateless_apply = measure_and_apply
    model.compute_metrics = metrics_and_norm


def _loss_scale(optimizer, values):
    """By what the gradients were multiplied, given the values of the variables."""
    variable = getattr(optimizer, _LOSS_SCALE, None)
    for candidate, value in zip(optimizer.variables, values, strict=True):
        if candidate is variable:
            return value
    return 1.0


def _global_norm(grads):
    squares = [
        ops.sum(ops.square(ops.cast(grad, "float32")))
        for grad in grads
        if grad is not None
    ]
    return ops.sqrt(sum(squares))
