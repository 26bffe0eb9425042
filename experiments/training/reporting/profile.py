"""A profile of a few steps, for TensorBoard."""

from pathlib import Path

import keras
import tensorflow as tf
from absl import logging

_FIRST, _LAST = 10, 14  # of a run, from 1; the first ones compile and fill buffers


class Profile(keras.callbacks.Callback):
    """Records steps 10 to 14 of a run below `folder`/plugins/profile.

    Args:
        folder: That of TensorBoard.
    """

    def __init__(self, folder: Path):
        super().__init__()
        self._folder = folder
        self._step = 0
        self._records = False

    def on_train_batch_begin(self, batch, logs=None):
        self._step += 1
        if self._step == _FIRST:
            tf.profiler.experimental.start(str(self._folder))
            self._records = True
        if self._records:
            self._trace = tf.profiler.experimental.Trace(
                "train", step_num=self._step, _r=1
            )
            self._trace.__enter__()

    def on_train_batch_end(self, batch, logs=None):
        if self._records:
            self._trace.__exit__(None, None, None)
        if self._step == _LAST:
            self._stop()

    def on_train_end(self, logs=None):
        if self._records:
            self._stop()
        elif self._step < _FIRST:
            logging.warning(
                "No profile was recorded: this run ended after %d steps, and the "
                "profile begins at its step %d",
                self._step,
                _FIRST,
            )

    def _stop(self):
        tf.profiler.experimental.stop()
        self._records = False
        logging.info(
            "The profile of steps %d to %d of this run is in %s",
            _FIRST,
            self._step,
            self._folder,
        )
