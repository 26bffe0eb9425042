import threading

import pytest

from data.files.read_ahead import read_ahead


def test_results_come_in_order_and_not_all_at_once():
    started = []

    def read(item):
        started.append(item)
        return item * item

    results = read_ahead(read, range(1000))
    assert [next(results) for _ in range(5)] == [0, 1, 4, 9, 16]
    assert len(started) < 500
    assert list(results) == [n * n for n in range(5, 1000)]


def test_an_error_comes_where_its_result_would_have_come():
    def read(item):
        if item == 2:
            raise ValueError("two")
        return item

    results = read_ahead(read, range(5))
    assert (next(results), next(results)) == (0, 1)
    with pytest.raises(ValueError, match="two"):
        next(results)


def test_who_stops_early_leaves_no_thread():
    before = threading.active_count()
    for _ in range(5):
        next(read_ahead(str, range(100)))
    assert threading.active_count() == before


def test_nothing_to_read_is_nothing():
    assert list(read_ahead(str, [])) == []
