"""Reading files in several threads before they are needed."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Read = TypeVar("Read")
_AHEAD = 4  # results per thread that are kept in memory until they are needed


def read_ahead(
    read: Callable[[Item], Read], items: Iterable[Item], threads: int | None = None
) -> Iterator[Read]:
    """Yields `read(item)` of every item, in order, read by several threads.

    An error is raised where its result would have been yielded, and ends the reading.

    Args:
        read: Called in the threads.
        items: What to read.
        threads: How many, the number of cores by default.
    """
    threads = threads or os.cpu_count() or 1
    pending: deque[Future[Read]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for item in items:
            pending.append(pool.submit(read, item))
            if len(pending) > threads * _AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
