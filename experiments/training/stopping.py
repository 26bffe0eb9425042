"""Ends a training before its last step: signals, and values that are not finite."""

import math
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import keras
import numpy as np
from absl import logging

from data.videos.clips import Clip
from experiments.command_line.terminal.first_signal import FirstSignal

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_NAMED_CLIPS = 4


class StopOnSignal(FirstSignal):
    """Within the block, SIGINT and SIGTERM are recorded and do not end the process.

    The training checks `received` after each step. At the end of the block, the step
    from which the training will continue is logged.

    Args:
        saved_step: Step of the last checkpoint.
        num_processes: Number of processes that train together.

    Attributes:
        saved_step: As above; `Checkpoints` updates it.
    """

    def __init__(self, saved_step: int, num_processes: int = 1):
        super().__init__(_SIGNALS)
        self.saved_step = saved_step
        self._is_alone = num_processes == 1
        self._interruptible = False

    def __exit__(self, error_type, error, trace) -> None:
        super().__exit__(error_type, error, trace)
        if self.received is not None:
            logging.warning(
                "Stopped by %s; the same command continues from step %d",
                self.received.name,
                self.saved_step,
            )

    @contextmanager
    def told_to_others(self) -> Iterator[None]:
        """A signal that would end the process ends only this block.

        Where several processes train together, the others must be told before one of
        them ends. With one process, the block changes nothing.
        """
        try:
            yield
        except (KeyboardInterrupt, SystemExit):
            if self._is_alone or self.received is None:
                raise

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Within this block, a signal ends the process at once."""
        self._interruptible = True
        try:
            self.leave_if_received()
            yield
        finally:
            self._interruptible = False

    def leave_if_received(self) -> None:
        """Ends the process if a signal came, with 130 for SIGINT and 0 for SIGTERM."""
        if self.received == signal.SIGINT:
            raise KeyboardInterrupt
        if self.received == signal.SIGTERM:
            raise SystemExit(0)

    def on_signal(self) -> None:
        if self._interruptible:
            self.leave_if_received()


class StopTogether(keras.callbacks.Callback):
    """Ends the training of all processes after the same step, if one has a signal.

    Args:
        stop: Of this process; `received` becomes the signal of another.
        largest: The largest of the numbers that the processes give.
        start_step: Steps of earlier runs.
        every: Steps from one exchange of signals to the next, which are at multiples.
    """

    def __init__(
        self,
        stop: StopOnSignal,
        largest: Callable[[int], int],
        start_step: int = 0,
        every: int = 1,
    ):
        super().__init__()
        self._stop = stop
        self._largest = largest
        self._step = start_step
        self._every = every

    def exchange(self) -> bool:
        """Whether one of the processes has a signal; all must call it together."""
        number = self._largest(self._stop.received or 0)
        if number:
            self._stop.received = signal.Signals(number)
        return bool(number)

    def on_train_batch_end(self, batch, logs=None):
        self._step += 1
        if self._step % self._every == 0 and self.exchange():
            self.model.stop_training = True


class NotFiniteError(ValueError):
    """A loss or a weight is infinite or not a number."""


class FiniteLoss(keras.callbacks.Callback):
    """Raises `NotFiniteError` after a step whose loss is not finite.

    Args:
        start_step: Steps of earlier runs.
        clips_of_step: The clips of a step, counted from 0.
    """

    def __init__(self, start_step: int, clips_of_step: Callable[[int], Sequence[Clip]]):
        super().__init__()
        self._step = start_step
        self._clips_of_step = clips_of_step

    def on_train_batch_end(self, batch, logs=None):
        self._step += 1
        loss = float(logs["loss"])
        if math.isfinite(loss):
            return
        names = [
            f"{clip.video.name} up to frame {clip.frames[-1].name}"
            for clip in self._clips_of_step(self._step - 1)
        ]
        shown = ", ".join(names[:_NAMED_CLIPS])
        others = len(names) - _NAMED_CLIPS
        raise NotFiniteError(
            f"The loss is {loss} at step {self._step} (clips: {shown}"
            f"{f' and {others} others' if others > 0 else ''}); training has stopped, "
            f"and earlier checkpoints are intact. A smaller --learning_rate or "
            f"--clip_norm may help"
        )


def check_finite(variables: Sequence, where: str) -> None:
    """Raises `NotFiniteError` if a number in the variables is not finite.

    Args:
        variables: Keras variables.
        where: Such as "after step 5", for the message.
    """
    wrong = [variable for variable in variables if not _is_finite(variable)]
    if wrong:
        others = f" and {len(wrong) - 1} others" if len(wrong) > 1 else ""
        raise NotFiniteError(
            f"The weights {wrong[0].path}{others} are not finite {where}"
        )


def _is_finite(variable):
    if not keras.backend.is_float_dtype(variable.dtype):
        return True
    return bool(np.isfinite(keras.ops.convert_to_numpy(variable)).all())
