"""Checkpoints of a training, each validated."""

import keras


class Checkpoints(keras.callbacks.Callback):
    """Every `checkpoint_steps`, and at the end, saves the model and validates it.

    Args:
        workdir: `Workdir`.
        start_step, steps, checkpoint_steps: Ints.
        validation: `Validation`, or `None`.
        log: `MetricsLog`.
    """

    def __init__(self, workdir, start_step, steps, checkpoint_steps, validation, log):
        super().__init__()
        self._workdir = workdir
        self._step = start_step
        self._steps = steps
        self._checkpoint_steps = checkpoint_steps
        self._validation = validation
        self._log = log
        scores = [line.get("val_mean_iou") or 0.0 for line in workdir.metrics()]
        self._best = max(scores, default=0.0)

    def on_train_batch_end(self, batch, logs=None):
        self._step += 1
        if self._step % self._checkpoint_steps and self._step != self._steps:
            return
        self._workdir.save_checkpoint(self.model, self._step)
        if self._validation is not None:
            self._validate()

    def _validate(self):
        scores = self._validation.scores()
        self._log.write(
            self._step,
            val_accuracy=scores.accuracy,
            val_mean_iou=scores.mean_iou,
            val_mfp=scores.mfp,
            val_mfip=scores.mfip,
        )
        picture = self._validation.picture()
        self._log.write_picture(self._step, "prediction and label", picture)
        if scores.mean_iou is not None and scores.mean_iou > self._best:
            self._best = scores.mean_iou
            self._workdir.keep_as_best()
