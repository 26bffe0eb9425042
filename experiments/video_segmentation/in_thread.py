"""Computing items ahead in a thread of their own."""

import queue
import threading
from collections.abc import Generator, Iterable
from typing import TypeVar

Item = TypeVar("Item")
_END = object()
_POLL_SECONDS = 0.1
_SECONDS_TO_END = 10.0  # of a thread that may be waiting for a camera


def in_thread(
    items: Iterable[Item],
    stop: threading.Event | None = None,
    ahead: int = 4,
    newest: bool = False,
) -> Generator[Item, None, None]:
    """Yields `items`, which a thread computes while the caller does something else.

    An error in the thread is raised here, after the items before it. When the caller
    closes this iterator, the thread closes `items` and ends.

    Args:
        items: Iterated over in the thread; its `close` is called there, if it has one.
        stop: When it is set, this iterator ends, and so does the thread.
        ahead: How many items may wait; the thread then waits as well.
        newest: Whether one item waits at most, and a newer one takes its place.
    """
    results: queue.Queue = queue.Queue(1 if newest else ahead)
    closed = threading.Event()
    thread = threading.Thread(
        target=_work, args=(items, results, closed, newest), daemon=True
    )
    thread.start()
    try:
        while True:
            item, error = _get(results, stop)
            if error is not None:
                raise error
            if item is _END:
                return
            yield item
    finally:
        closed.set()
        thread.join(_SECONDS_TO_END)


def _get(results, stop):
    while stop is None or not stop.is_set():
        try:
            return results.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            continue
    return _END, None


def _work(items, results, closed, newest):
    error = None
    try:
        for item in items:
            if newest:
                _drop_waiting(results)
            if not _put(results, (item, None), closed):
                break
    except BaseException as raised:
        error = raised
    finally:
        if hasattr(items, "close"):
            items.close()
        _put(results, (_END, error), closed)


def _drop_waiting(results):
    try:
        results.get_nowait()
    except queue.Empty:
        return


def _put(results, result, closed):
    """Puts a result as soon as there is room; False if nobody wants it any more."""
    while not closed.is_set():
        try:
            results.put(result, timeout=_POLL_SECONDS)
            return True
        except queue.Full:
            continue
    return False
