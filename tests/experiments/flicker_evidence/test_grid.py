import json
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest

from experiments.flicker_evidence import grid as module
from experiments.flicker_evidence.grid import Grid
from experiments.flicker_evidence.job import STOP_FILE, _is_there
from experiments.flicker_evidence.recipes import ICNET
from experiments.flicker_evidence.smoothings import DEFAULT, NO_SMOOTHING


@pytest.fixture
def grid(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_POLL_SECONDS", 0.01)
    (tmp_path / "logits").mkdir()
    for recipe in ("icnet", "align_2"):
        (tmp_path / "logits" / f"{recipe}__val__1.npz").touch()
    rows = tmp_path / "rows.jsonl"
    return Grid(tmp_path, rows, (97, 97), None, [1], 1, float("inf"))


def ended():
    job = Future()
    job.set_result([])
    return job


def test_every_file_of_logits_gets_a_row_for_each_smoothing(grid, monkeypatch):
    def row(grid, recipe, seed, name, file, smoothing):
        return {"recipe": recipe, "seed": seed, "on": name, "smoothing": smoothing.name}

    monkeypatch.setattr(module, "_row", row)
    with ThreadPoolExecutor(2) as threads:
        module._score_all(grid, threads, [ended()], lambda _: (NO_SMOOTHING, DEFAULT))
    rows = [json.loads(line) for line in grid.rows_file.read_text().splitlines()]
    found = sorted((r["recipe"], r["seed"], r["on"], r["smoothing"]) for r in rows)
    assert found == [
        (recipe, 1, "val", smoothing)
        for recipe in ("align_2", "icnet")
        for smoothing in ("flow", "none")
    ]


def test_a_row_that_fails_is_not_passed_over(grid, monkeypatch):
    def row(*_):
        raise ValueError("no such figure")

    monkeypatch.setattr(module, "_row", row)
    with ThreadPoolExecutor(1) as threads, pytest.raises(ValueError, match="no such"):
        module._score_all(grid, threads, [ended()], lambda _: (NO_SMOOTHING,))


@pytest.mark.parametrize(("processes", "expected"), [(1, 1), (2, 2), (9, 4), (None, 4)])
def test_no_more_groups_train_at_once_than_asked_for(
    processes, expected, grid, monkeypatch
):
    running, most, lock = [], [], threading.Lock()
    full = threading.Barrier(expected)

    def train(group, *_):
        with lock:
            running.append(group)
            most.append(len(running))
        full.wait(timeout=10)  # for as many as may train at the same time
        with lock:
            running.remove(group)
        return []

    monkeypatch.setattr(module, "run_jobs", train)
    monkeypatch.setattr(module, "_make_inputs", lambda *_: None)
    monkeypatch.setattr(module, "worker_pool", ThreadPoolExecutor)
    asked = replace(grid, processes=processes)
    module.run_grid(asked, [], {}, [[ICNET]] * 4, lambda _: ())
    assert max(most) == expected


def test_nobody_waits_for_what_does_not_come(tmp_path):
    assert not _is_there(tmp_path, "pool/done", deadline=0)
    (tmp_path / STOP_FILE).touch()
    assert not _is_there(tmp_path, "pool/done", deadline=float("inf"))
    (tmp_path / "icnet_0.npz").touch()
    assert _is_there(tmp_path, "icnet_0.npz", deadline=0)
