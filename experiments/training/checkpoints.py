"""Checkpoints of a training, and their validation."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import keras
from absl import logging

from experiments.training.reporting.metrics_log import MetricsLog
from experiments.training.reporting.scalars import validation_line, validation_scalars
from experiments.training.stopping import StopOnSignal, check_finite
from experiments.training.validation import Validation, ValidationOfCopy
from experiments.training.workdir.workdir import Workdir

_SCORE = "val_mean_iou"


class Checkpoints(keras.callbacks.Callback):
    """Every `checkpoint_steps`, and at the end, saves the model and validates it.

    After `checkpoint_minutes`, and after a signal, it saves without validation; the
    signal then ends the training.

    Args:
        workdir: Where everything is written.
        start_step: Steps of earlier runs.
        steps: Steps in all.
        checkpoint_steps: Steps between checkpoints.
        validation: `None` for none.
        log: Gets the scores; its sums are saved as well.
        stop: Checked after each step.
        checkpoint_minutes: Longest time between two checkpoints; `None` for no limit.
        alone: The context of what only this process of several does.
    """

    def __init__(
        self,
        workdir: Workdir,
        start_step: int,
        steps: int,
        checkpoint_steps: int,
        validation: Validation | ValidationOfCopy | None,
        log: MetricsLog,
        stop: StopOnSignal,
        checkpoint_minutes: float | None = None,
        alone: Callable[[], AbstractContextManager] = nullcontext,
    ):
        super().__init__()
        self._workdir = workdir
        self._step = start_step
        self._steps = steps
        self._checkpoint_steps = checkpoint_steps
        self._validation = validation
        self._log = log
        self._stop = stop
        self._checkpoint_minutes = checkpoint_minutes
        self._alone = alone
        self._saved_at = time.monotonic()
        self._scores = workdir.metrics.numbers(_SCORE)

    def catch_up(self, checkpoint: Path) -> None:
        """Completes what an earlier run could not do after its last checkpoint.

        Args:
            checkpoint: That checkpoint, which the model was loaded from.
        """
        self._workdir.keep_as_last(checkpoint)
        if self._step in self._scores:
            self._keep_if_best(checkpoint)
        elif self._is_due():
            with self._stop.told_to_others():
                self._validate(checkpoint)

    def on_train_begin(self, logs=None):
        self._saved_at = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        self._step += 1
        stopped = self._stop.received is not None
        if self._is_due() or self._is_late() or stopped:
            with self._alone():
                checkpoint = self._save()
                if self._is_due() and not stopped:
                    with self._stop.told_to_others():
                        self._validate(checkpoint)
            self._saved_at = time.monotonic()
        if stopped:
            self.model.stop_training = True

    def _save(self):
        check_finite(
            [*self.model.variables, *self.model.optimizer.variables],
            f"after step {self._step}; training has stopped, and earlier checkpoints "
            f"are intact. A smaller --learning_rate or --clip_norm may help",
        )
        checkpoint = self._workdir.save_checkpoint(
            self.model, self._step, self._log.state()
        )
        self._stop.saved_step = self._step
        return checkpoint

    def _is_due(self):
        return self._step % self._checkpoint_steps == 0 or self._step == self._steps

    def _is_late(self):
        if self._checkpoint_minutes is None:
            return False
        return time.monotonic() - self._saved_at >= 60 * self._checkpoint_minutes

    def _validate(self, checkpoint):
        if self._validation is None:
            return
        with self._stop.interruptible():
            scores = self._validation.scores()
            pictures = self._validation.pictures()
        logging.info("%s", validation_line(self._step, scores))
        self._log.write(self._step, **validation_scalars(scores))
        for name, picture in pictures.items():
            self._log.write_picture(self._step, name, picture)
        if scores.mean_iou is not None:
            self._scores[self._step] = scores.mean_iou
            self._keep_if_best(checkpoint)

    def _keep_if_best(self, checkpoint):
        earlier = [s for step, s in self._scores.items() if step < self._step]
        if self._scores[self._step] > max(earlier, default=0.0):
            self._workdir.keep_as_best(checkpoint)
