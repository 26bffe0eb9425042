"""Stopping at a signal without losing what was done."""

import signal
import threading

from experiments.command_line.terminal.first_signal import FirstSignal

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STOPPED_BY_SIGNAL = 128  # and the signal's number: what shells expect


class StopSignal(FirstSignal):
    """Within the block, the first SIGINT, SIGTERM or SIGHUP sets `event` and no more.

    Attributes:
        event: Set by a signal, or by others who want to stop.
    """

    def __init__(self) -> None:
        super().__init__(_SIGNALS)
        self.event = threading.Event()

    def __exit__(self, error_type, error, trace) -> None:
        self.event.set()  # threads that wait for it end
        super().__exit__(error_type, error, trace)

    def on_signal(self) -> None:
        self.event.set()

    def leave(self) -> None:
        """Ends the process with the exit code of the signal, if there was one."""
        if self.received is not None:
            raise SystemExit(_STOPPED_BY_SIGNAL + self.received)
