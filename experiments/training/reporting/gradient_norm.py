"""The norm of the gradient, measured inside the training step."""

import keras
import tensorflow as tf
from keras import ops


class GradientNorm:
    """The L2 norm of the gradient of all weights in the last step, before clipping.

    It must be made in the scope of the devices that train. Only the TensorFlow backend
    is supported.
    """

    def __init__(self) -> None:
        self._norm = None
        if keras.backend.backend() == "tensorflow":
            self._norm = keras.Variable(
                0.0, trainable=False, dtype="float32", aggregation="only_first_replica"
            )

    def watch(self, optimizer: keras.optimizers.Optimizer) -> None:
        """Measures the gradients that an optimiser gets from now on.

        It must be called before the first step.
        """
        if self._norm is None:
            return
        # A loss scale is not part of the gradient.
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)
        apply = optimizer.apply

        def measure_and_apply(grads, trainable_variables=None):
            self._norm.assign(_global_norm(grads))
            return apply(grads, trainable_variables)

        optimizer.apply = measure_and_apply

    def value(self) -> float | None:
        """`None` on other backends."""
        return None if self._norm is None else float(ops.convert_to_numpy(self._norm))


def _global_norm(grads):
    grads = [ops.convert_to_tensor(grad) for grad in grads if grad is not None]
    replicas = tf.distribute.get_replica_context()
    if replicas is not None and replicas.num_replicas_in_sync > 1:
        # Each replica has the gradient of its share of the loss.
        grads = replicas.all_reduce(tf.distribute.ReduceOp.SUM, grads)
    squares = [ops.sum(ops.square(ops.cast(grad, "float32"))) for grad in grads]
    return ops.sqrt(sum(squares))
