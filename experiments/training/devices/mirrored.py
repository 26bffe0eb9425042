"""All GPUs of one machine, by TensorFlow's `MirroredStrategy`."""

import keras
import tensorflow as tf

from experiments.training.devices.devices import Devices


class MirroredDevices(Devices):
    """All GPUs of this machine, each with a copy of the network and a share of a batch.

    A step equals that of one device with the whole batch: the loss is a mean over
    clips, all devices have the same number of clips, batch normalisation uses the
    statistics of the whole batch, and gradients are limited and checked after they are
    added up. Without a GPU, the logical CPU devices are used.

    Raises:
        ValueError: If Keras does not run on TensorFlow.
    """

    def __init__(self):
        if keras.backend.backend() != "tensorflow":
            raise ValueError(
                f"--strategy=mirrored needs KERAS_BACKEND=tensorflow. Received: "
                f"KERAS_BACKEND={keras.backend.backend()}"
            )
        devices = tf.config.list_logical_devices("GPU")
        devices = devices or tf.config.list_logical_devices("CPU")
        self.num_devices = len(devices)
        self._strategy = tf.distribute.MirroredStrategy([d.name for d in devices])

    def scope(self):
        return self._strategy.scope()

    def distributed(self, model, told, make):
        for layer in model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                # Not an argument of the layer, since other backends refuse it.
                layer.synchronized = True
        _add_up_gradients_first(model.optimizer)
        return model, told


def _add_up_gradients_first(optimizer):
    """Adds up the gradients of all devices before anything else is done with them.

    Keras does it last: the norm of each device's gradient would be limited by itself,
    and with a scaled loss, gradients of the first device alone would be checked.
    """
    apply_gradients = optimizer.apply_gradients

    def add_up_and_apply(grads_and_vars):
        grads, variables = zip(*grads_and_vars, strict=True)
        replica = tf.distribute.get_replica_context()
        total = replica.all_reduce(tf.distribute.ReduceOp.SUM, list(grads))
        apply_gradients(zip(total, variables, strict=True))

    optimizer.apply_gradients = add_up_and_apply
    added_up_again_by = getattr(optimizer, "inner_optimizer", optimizer)
    added_up_again_by._all_reduce_sum_gradients = list
