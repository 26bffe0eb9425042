"""Output of a running training: progress bar, metrics.jsonl, TensorBoard."""

import time
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from absl import logging
from tqdm import tqdm

from experiments.training.workdir.workdir import Workdir


class ProgressBar(keras.callbacks.Callback):
    """One bar over all steps of the training, those of earlier runs included.

    It must be closed, so that later output starts on a new line.
    """

    def __init__(self, start_step, steps):
        super().__init__()
        self._bar = tqdm(
            total=steps, initial=start_step, unit="step", desc="train", disable=None
        )

    def on_train_batch_end(self, batch, logs=None):
        self._bar.set_postfix(loss=f"{logs['loss']:.4f}", refresh=False)
        self._bar.update()

    def close(self):
        self._bar.close()


class MetricsLog(keras.callbacks.Callback):
    """Every `log_steps`, writes means since the last time to the log and TensorBoard.

    Args:
        workdir: Where it writes.
        start_step: Steps of earlier runs.
        steps: Steps in all; a line is written at the last one.
        log_steps: Steps between two lines.
        state: What `state` returned at the step that the training continues from.
    """

    def __init__(
        self,
        workdir: Workdir,
        start_step: int,
        steps: int,
        log_steps: int,
        state: dict[str, Any] | None = None,
    ):
        super().__init__()
        self._workdir = workdir
        self._step = start_step
        self._steps = steps
        self._log_steps = log_steps
        self._sums_before = state or {}
        self._seconds: list[float] = []
        self._is_first_step = True

    def state(self) -> dict[str, Any]:
        """Sums and counts since the last line, with which a later run continues.

        Without them, the first line of that run would be the mean of fewer steps.
        """
        return {
            metric.name: [np.asarray(part).tolist() for part in metric.variables]
            for metric in self.model.metrics
        }

    def on_epoch_begin(self, epoch, logs=None):
        for metric in self.model.metrics:
            parts = [
                np.asarray(part) for part in self._sums_before.get(metric.name, ())
            ]
            shapes = [tuple(variable.shape) for variable in metric.variables]
            if shapes == [part.shape for part in parts]:
                for variable, part in zip(metric.variables, parts, strict=True):
                    variable.assign(part)

    def on_train_batch_begin(self, batch, logs=None):
        self._began = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self._step += 1
        self._count_seconds(time.perf_counter() - self._began)
        if self._step % self._log_steps and self._step != self._steps:
            return
        self.write(
            self._step,
            **{name: float(value) for name, value in logs.items()},
            learning_rate=float(self.model.optimizer.learning_rate),
            seconds_per_step=np.mean(self._seconds).item() if self._seconds else None,
        )
        self.model.reset_metrics()  # Keras' means start again
        self._seconds.clear()

    def _count_seconds(self, seconds):
        if self._is_first_step:
            logging.info("The first step took %.1f s, compilation included", seconds)
            self._is_first_step = False
        else:
            self._seconds.append(seconds)

    def on_train_end(self, logs=None):
        self._writer.close()

    def write(self, step, **metrics):
        """One line of metrics.jsonl, and a scalar of TensorBoard for each number."""
        self._workdir.metrics.append({"step": step, **metrics})
        with self._writer.as_default(step):
            for name, value in metrics.items():
                if value is not None:
                    tf.summary.scalar(name, value)
        self._writer.flush()

    @cached_property
    def _writer(self):
        """Made when first needed, since it makes a file."""
        return tf.summary.create_file_writer(str(self._workdir.tensorboard))

    def write_picture(self, step, name, picture):
        """A uint8 RGB picture (height, width, 3) for TensorBoard."""
        with self._writer.as_default(step):
            tf.summary.image(name, picture[None])
