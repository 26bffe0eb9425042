"""Stopping at a signal without losing what was done."""

import signal
import threading

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STOPPED_BY_SIGNAL = 128  # and the signal's number: what shells expect


class StopSignal:
    """Within the block, the first SIGINT, SIGTERM or SIGHUP sets `event` and no more.

    A second one has its usual effect.

    Attributes:
        event: Set by a signal, or by others who want to stop.
        received: The signal, or `None`.
    """

    def __init__(self) -> None:
        self.event = threading.Event()
        self.received: signal.Signals | None = None
        self._previous: dict = {}

    def __enter__(self) -> "StopSignal":
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
                    self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, error_type, error, trace) -> None:
        self.event.set()  # threads that wait for it end
        self._restore()

    def leave(self) -> None:
        """Ends the process with the exit code of the signal, if there was one."""
        if self.received is not None:
            raise SystemExit(_STOPPED_BY_SIGNAL + self.received)

    def _note(self, number, frame):
        self.received = signal.Signals(number)
        self._restore()
        self.event.set()

    def _restore(self):
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous = {}
