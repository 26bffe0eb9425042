"""Waiting for a good moment to stop when a signal comes."""

import signal
import threading
from collections.abc import Sequence


class FirstSignal:
    """Within the block, the first of some signals is recorded and does nothing else.

    A second one has its usual effect, and so has one that the parent process ignores,
    as under `nohup`. In other threads than the main one nothing is changed.

    Args:
        signals: The signals, such as `signal.SIGTERM`.

    Attributes:
        received: The signal, or `None`.
    """

    def __init__(self, signals: Sequence[signal.Signals]):
        self.received: signal.Signals | None = None
        self._signals = signals
        self._previous: dict = {}

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            for number in self._signals:
                if signal.getsignal(number) != signal.SIG_IGN:
                    self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, error_type, error, trace) -> None:
        self._restore()

    def on_signal(self) -> None:
        """Called when the signal has been recorded."""

    def _note(self, number, frame):
        self.received = signal.Signals(number)
        self._restore()
        self.on_signal()

    def _restore(self):
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous = {}
