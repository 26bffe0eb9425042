"""Processes that work for this one, and end with it."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import connection

import cv2


@contextmanager
def worker_pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    """An executor whose processes do not outlive the block.

    They end with it; if it raises, at once, as nobody waits for what they make. They
    also end when this process is killed. OpenCV has one thread in each of them.

    Args:
        processes: How many.
    """
    # Spawned, not forked: a fork has the locks of threads that it does not have.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=_start) as pool:
        try:
            yield pool
        except BaseException:
            # Python 3.14 has `kill_workers` for it.
            for worker in list((pool._processes or {}).values()):
                worker.kill()
            raise


def end_with_parent() -> None:
    """Ends this process as soon as its parent is gone, however that ended.

    To be called in a process that `multiprocessing` has started. A parent that is
    killed sends no signal.
    """
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _start():
    end_with_parent()
    cv2.setNumThreads(1)
    # Ctrl-C reaches every process; the main process ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end_with_parent():
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
