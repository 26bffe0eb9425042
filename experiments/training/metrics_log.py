"""What a training tells on its way: progress, metrics.jsonl, TensorBoard."""

import time

import keras
import tensorflow as tf
from tqdm import tqdm


class ProgressBar(keras.callbacks.Callback):
    """One bar over all steps of the training, those of earlier runs counted in.

    To be closed, so that what is printed after an error gets a line of its own.
    """

    def __init__(self, start_step, steps):
        super().__init__()
        self._bar = tqdm(total=steps, initial=start_step, unit="step", desc="train")

    def on_train_batch_end(self, batch, logs=None):
        self._bar.set_postfix(loss=f"{logs['loss']:.4f}", refresh=False)
        self._bar.update()

    def close(self):
        self._bar.close()


class MetricsLog(keras.callbacks.Callback):
    """Every `log_steps`, the means since the last time to the log and TensorBoard.

    Args:
        workdir: `Workdir`.
        start_step: Steps of earlier runs.
        log_steps: Int.
    """

    def __init__(self, workdir, start_step, log_steps):
        super().__init__()
        self._workdir = workdir
        self._step = start_step
        self._log_steps = log_steps
        self._writer = tf.summary.create_file_writer(str(workdir.tensorboard))
        self._seconds = []

    def on_train_batch_begin(self, batch, logs=None):
        self._began = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self._step += 1
        self._seconds.append(time.perf_counter() - self._began)
        if self._step % self._log_steps:
            return
        self.write(
            self._step,
            **{name: float(value) for name, value in logs.items()},
            learning_rate=float(self.model.optimizer.learning_rate),
            seconds_per_step=sum(self._seconds) / len(self._seconds),
        )
        self.model.reset_metrics()  # Keras' means run from here on
        self._seconds.clear()

    def on_train_end(self, logs=None):
        self._writer.close()

    def write(self, step, **metrics):
        """One line of metrics.jsonl, and a scalar of TensorBoard for each number."""
        self._workdir.append_metrics({"step": step, **metrics})
        with self._writer.as_default(step):
            for name, value in metrics.items():
                if value is not None:
                    tf.summary.scalar(name, value)
        self._writer.flush()

    def write_picture(self, step, name, picture):
        """A uint8 RGB picture (height, width, 3) for TensorBoard."""
        with self._writer.as_default(step):
            tf.summary.image(name, picture[None])
