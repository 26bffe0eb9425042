"""Reading files in threads, a few ahead of what they are needed for."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Read = TypeVar("Read")
_AHEAD = 4  # items that each thread may be ahead: what is read is held in memory


def read_ahead(read: Callable[[Item], Read], items: Iterable[Item]) -> Iterator[Read]:
    """Yields `read(item)` of every item, in order; as many threads as cores read.

    An error comes where its result would have come, and ends the reading.
    """
    threads = os.cpu_count() or 1
    pending = deque()
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
