"""Verbs run as processes of their own, which signals reach through this one."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_CHILD = "experiments.paper_tables.child_verb"
_POLL_SECONDS = 0.2
_REASON = re.compile(r"^.*?ERROR: (.+)$", re.MULTILINE)


class Children:
    """Runs verbs one after another, each in a process.

    Within the block, SIGINT and SIGTERM are passed on to the running verb, and end this
    process when the verb has ended: with 130 for SIGINT and 0 for SIGTERM, as a
    training ends. When this process is killed, the verb gets a SIGTERM.
    """

    def __init__(self) -> None:
        self._child: subprocess.Popen | None = None
        self._received: signal.Signals | None = None
        self._previous: dict = {}

    def __enter__(self) -> "Children":
        for number in _SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
                self._previous[number] = signal.signal(number, self._pass_on)
        return self

    def __exit__(self, *_) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def run(
        self,
        verb: str,
        arguments: Sequence[str],
        log: Path,
        on_wait: Callable[[], None],
    ) -> str | None:
        """Runs a verb to its end.

        Args:
            verb: Its name.
            arguments: Of its command line.
            log: File that its output is appended to.
            on_wait: Called several times a second while it runs.

        Returns:
            `None` if it ended well, otherwise the reason.
        """
        self._leave_if_received()
        with log.open("ab") as output:
            began = output.seek(0, 2)
            self._child = subprocess.Popen(
                [sys.executable, "-m", _CHILD, verb, *arguments],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches it through this process
            )
            try:
                code = _wait(self._child, on_wait)
            finally:
                # Closes its standard input, which ends it if it still runs.
                self._child.communicate()
                self._child = None
        self._leave_if_received()
        return None if code == 0 else _reason(code, log, began)

    def _pass_on(self, number, frame):
        self._received = signal.Signals(number)
        if self._child is None:
            self._leave_if_received()
        else:
            self._child.send_signal(number)

    def _leave_if_received(self):
        if self._received == signal.SIGINT:
            raise KeyboardInterrupt
        if self._received == signal.SIGTERM:
            raise SystemExit(0)


def _wait(child, on_wait):
    while True:
        try:
            return child.wait(_POLL_SECONDS)
        except subprocess.TimeoutExpired:
            on_wait()


def _reason(code, log, began):
    """The error that the verb printed last, or how it ended."""
    with log.open("rb") as file:
        file.seek(began)
        text = file.read().decode(errors="replace")
    if code < 0:
        return f"it was ended by {signal.Signals(-code).name}"
    found = _REASON.findall(text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (found or lines or [f"exit code {code}"])[-1]
