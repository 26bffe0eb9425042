"""How long the training steps wait for their data."""

import time

import numpy as np
import tensorflow as tf


class DataWait:
    """Measures the time from the beginning of a step to the arrival of its batch.

    batches = wait.watch(batches); model.fit(batches, ...)
    wait.begin_step(); ...; wait.seconds()
    """

    def __init__(self) -> None:
        self._began = self._arrived = 0.0

    def watch(self, batches: tf.data.Dataset) -> tf.data.Dataset:
        """The same batches; the time when each is handed over is noted."""

        def note(*batch):
            with tf.control_dependencies(tf.nest.flatten(batch)):
                noted = tf.numpy_function(self._note, [], np.bool_, stateful=True)
            with tf.control_dependencies([noted]):
                return tf.nest.map_structure(tf.identity, batch)

        options = tf.data.Options()
        # A batch would be noted when it is put in store, before a step asks for it.
        options.experimental_optimization.inject_prefetch = False
        return batches.map(note).with_options(options)

    def begin_step(self) -> None:
        self._began = time.perf_counter()

    def seconds(self) -> float:
        """Time that the step which began last waited for its batch."""
        return max(0.0, self._arrived - self._began)

    def _note(self):
        self._arrived = time.perf_counter()
        return np.True_
