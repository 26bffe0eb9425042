"""The progress of a training: a bar on a terminal, a line now and then elsewhere."""

import sys
import time

import keras
from absl import logging
from tqdm import tqdm

_BAR_SECONDS = 0.2
_LINE_SECONDS = 60.0
_STEPS_FOR_RATE = 50


class ProgressBar(keras.callbacks.Callback):
    """One bar over all steps of the training, those of earlier runs included.

    Where standard error is no terminal, a line is logged every minute instead. The bar
    must be closed, so that later output starts on a new line.

    Args:
        start_step: Steps of earlier runs.
        steps: Steps in all.
        batch_size: Clips per step.
    """

    def __init__(self, start_step: int, steps: int, batch_size: int):
        super().__init__()
        self._step = start_step
        self._steps = steps
        self._batch_size = batch_size
        self._seconds: list[float] = []  # of the last steps but the first one
        self._is_first_step = True
        self._bar = tqdm(
            total=steps, initial=start_step, unit="step", desc="train", disable=None
        )
        self._interval = _BAR_SECONDS if sys.stderr.isatty() else _LINE_SECONDS
        self._shown_at = time.monotonic()

    def on_train_batch_begin(self, batch, logs=None):
        self._began = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self._step += 1
        if not self._is_first_step:  # it is mostly compilation
            self._seconds = self._seconds[1 - _STEPS_FOR_RATE :]
            self._seconds.append(time.perf_counter() - self._began)
        self._is_first_step = False
        now = time.monotonic()
        if now - self._shown_at >= self._interval or self._step == self._steps:
            self._shown_at = now
            self._show(logs["loss"])
        self._bar.update()

    def close(self) -> None:
        self._bar.close()

    def _show(self, loss):
        rate = float(self.model.optimizer.learning_rate)
        texts = {"loss": f"{float(loss):.3f}", "learning rate": f"{rate:.2g}"}
        seconds_per_step = None
        if self._seconds:
            seconds_per_step = sum(self._seconds) / len(self._seconds)
            texts["clips/s"] = f"{self._batch_size / seconds_per_step:.3g}"
        if not self._bar.disable:
            self._bar.set_postfix(texts, refresh=False)
            return
        if seconds_per_step is not None:
            left = (self._steps - self._step) * seconds_per_step
            texts["time left"] = tqdm.format_interval(left)
        shown = ", ".join(f"{name} {text}" for name, text in texts.items())
        logging.info("Step %d of %d: %s", self._step, self._steps, shown)
