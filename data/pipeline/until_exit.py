"""Lets the process end safely while threads of TensorFlow call Python functions.

An endless pipeline decodes ahead of its consumer. While the interpreter shuts down,
Python ends every thread that tries to run Python code, and ending a C++ thread in this
way aborts the whole process ("terminate called without an active exception").
"""

import atexit
import functools
import threading
import time
from collections.abc import Callable
from typing import Any

_QUIET_SECONDS = 0.05
_closing = threading.Event()
_lock = threading.Lock()
_started = 0
_running = 0


def until_exit(instead: Any) -> Callable[[Callable], Callable]:
    """Decorates a function to return `instead` at once when the process is ending.

    The process then waits for the calls that are still running. The pipeline stops as
    soon as its buffers are full, which takes a moment if the function returns at once.
    """

    def decorate(function: Callable) -> Callable:
        @functools.wraps(function)
        def guarded(*args: Any) -> Any:
            _count(started=1, running=1)
            try:
                return instead if _closing.is_set() else function(*args)
            finally:
                _count(started=0, running=-1)

        return guarded

    return decorate


def _count(started, running):
    global _started, _running
    with _lock:
        _started += started
        _running += running


@atexit.register
def _wait_until_quiet():
    _closing.set()
    before = None
    while _running or before != _started:
        before = _started
        time.sleep(_QUIET_SECONDS)
