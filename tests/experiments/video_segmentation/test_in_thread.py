import threading
import time

import pytest

from experiments.video_segmentation.in_thread import in_thread


def alive():
    return threading.active_count()


def waits_for(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def test_items_come_in_order_from_another_thread():
    def numbers():
        for number in range(20):
            yield number, threading.get_ident()

    found = list(in_thread(numbers()))
    assert [number for number, _ in found] == [*range(20)]
    assert {thread for _, thread in found} != {threading.get_ident()}


def test_thread_works_while_the_caller_does():
    computed = []

    def numbers():
        for number in range(10):
            computed.append(number)
            yield number

    items = in_thread(numbers(), ahead=3)
    next(items)
    # One is taken, three wait, and one is in the hands of the thread.
    assert waits_for(lambda: len(computed) == 5)
    time.sleep(0.2)
    assert len(computed) == 5
    items.close()


def test_error_is_raised_after_the_items_before_it():
    def numbers():
        yield 1
        yield 2
        raise OSError("broken")

    items = in_thread(numbers())
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(OSError, match="broken"):
        next(items)


def test_error_passes_through_several_threads():
    def numbers():
        yield 1
        raise OSError("broken")

    found = []
    with pytest.raises(OSError, match="broken"):
        for number in in_thread(2 * n for n in in_thread(numbers())):
            found.append(number)
    assert found == [2]


def test_closing_ends_all_threads_and_closes_their_source():
    closed = threading.Event()

    def numbers():
        try:
            while True:
                yield 0
        finally:
            closed.set()

    before = alive()
    inner = in_thread(numbers())

    def doubled():
        try:
            for number in inner:
                yield 2 * number
        finally:
            inner.close()

    outer = in_thread(doubled())
    next(outer)
    outer.close()
    assert closed.is_set() and alive() == before


def test_stop_ends_it_while_the_source_gives_nothing():
    stop, go = threading.Event(), threading.Event()

    def numbers():
        yield 1
        go.wait(10)

    items = in_thread(numbers(), stop)
    assert next(items) == 1
    threading.Timer(0.2, stop.set).start()
    threading.Timer(0.4, go.set).start()
    assert list(items) == []


def test_newest_item_takes_the_place_of_one_that_waits():
    taken, given = threading.Event(), threading.Event()

    def numbers():
        yield 0
        taken.wait(5)
        yield from range(1, 10)
        given.set()

    items = in_thread(numbers(), newest=True)
    assert next(items) == 0
    taken.set()
    assert given.wait(5)
    assert list(items) == [9]
