"""The numbers of a running training, in metrics.jsonl and TensorBoard."""

import time
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from absl import logging

from experiments.training.reporting import gradient_norm
from experiments.training.reporting.data_wait import DataWait
from experiments.training.reporting.gradient_norm import GradientNorm
from experiments.training.reporting.scalars import TIMINGS
from experiments.training.reporting.tensorboard import TensorBoardFiles
from experiments.training.workdir.workdir import Workdir


class MetricsLog(keras.callbacks.Callback):
    """Every `log_steps`, writes means since the last time to the log and TensorBoard.

    The learning rate and the norm of the gradient are those of the last step. The log
    must be made in the scope of the devices that train.

    Args:
        workdir: Where it writes.
        start_step: Steps of earlier runs.
        steps: Steps in all; a line is written at the last one.
        log_steps: Steps between two lines.
        batch_size: Clips per step.
        state: What `state` returned at the step that the training continues from.

    Attributes:
        data_wait: Its `watch` must be given the batches.
    """

    def __init__(
        self,
        workdir: Workdir,
        start_step: int,
        steps: int,
        log_steps: int,
        batch_size: int,
        state: dict[str, Any] | None = None,
    ):
        super().__init__()
        self.data_wait = DataWait()
        self._gradient_norm = GradientNorm()
        self._workdir = workdir
        self._tensorboard = TensorBoardFiles(workdir.tensorboard)
        self._step = start_step
        self._steps = steps
        self._log_steps = log_steps
        self._batch_size = batch_size
        self._sums_before = state or {}
        self._seconds: list[float] = []
        self._seconds_of_waiting: list[float] = []
        self._is_first_step = True

    def write_start(
        self, model: keras.Model, flagfile: str, settings: Mapping[str, object]
    ) -> None:
        """What TensorBoard shows once: flags, hyperparameters and the graph.

        Args:
            model: The network.
            flagfile: The flags of the training.
            settings: Hyperparameters by name.
        """
        self._tensorboard.write_flags(flagfile)
        path = self._workdir.path
        name = f"{path.name} ({path.parent})"  # the table cuts off its end
        self._tensorboard.write_hyperparameters(name, settings)
        self._tensorboard.write_graph(model)

    def state(self) -> dict[str, Any]:
        """Sums and counts since the last line, with which a later run continues.

        Without them, the first line of that run would be the mean of fewer steps.
        """
        return {
            metric.name: [np.asarray(part).tolist() for part in metric.variables]
            for metric in self.model.metrics
        }

    def on_train_begin(self, logs=None):
        self._gradient_norm.watch(self.model)

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
        self.data_wait.begin_step()

    def on_train_batch_end(self, batch, logs=None):
        self._step += 1
        self._count_seconds(time.perf_counter() - self._began)
        if self._step % self._log_steps and self._step != self._steps:
            return
        metrics: dict[str, float | None]
        metrics = {name: float(value) for name, value in logs.items()}
        metrics["learning_rate"] = float(self.model.optimizer.learning_rate)
        metrics[gradient_norm.NAME] = self._gradient_norm.value(logs)
        self.write(self._step, **metrics, **self._timings())
        self.model.reset_metrics()  # Keras' means start again
        self._seconds.clear()
        self._seconds_of_waiting.clear()

    def _count_seconds(self, seconds):
        if self._is_first_step:
            logging.info("The first step took %.1f s, compilation included", seconds)
            self._is_first_step = False
        else:
            self._seconds.append(seconds)
            self._seconds_of_waiting.append(self.data_wait.seconds())

    def _timings(self):
        if not self._seconds:
            return dict.fromkeys(TIMINGS)
        seconds = sum(self._seconds)
        values = (
            seconds / len(self._seconds),
            self._batch_size * len(self._seconds) / seconds,
            100 * sum(self._seconds_of_waiting) / seconds,
        )
        return dict(zip(TIMINGS, values, strict=True))

    def write_end(self) -> None:
        """Notes that the training has ended, when its last checkpoint was written."""
        ended = self._workdir.last.stat().st_mtime
        self._tensorboard.write_end(self._steps, ended)
        self._tensorboard.close()

    def write(self, step: int, **metrics: float | None) -> None:
        """One line of metrics.jsonl, and a scalar of TensorBoard for each number."""
        self._workdir.metrics.append({"step": step, **metrics})
        self._tensorboard.write_scalars(step, metrics)

    def write_picture(self, step: int, name: str, picture: np.ndarray) -> None:
        """A uint8 RGB picture (height, width, 3) for TensorBoard."""
        self._tensorboard.write_picture(step, name, picture)


class SilentLog(MetricsLog):
    """Writes nothing, and restores and resets the means when `MetricsLog` does.

    With several processes, all of them must do that.
    """

    def write(self, step, **metrics):
        pass

    def write_end(self):
        pass
