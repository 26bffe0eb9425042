import json
from dataclasses import asdict

import numpy as np
import pytest

from experiments.benchmarks import cell_benchmark, interleaved
from experiments.benchmarks.cell_benchmark import JOBS, YARDSTICK, benchmark_cells
from experiments.benchmarks.cell_report import describe, save_chart
from experiments.benchmarks.literal_cells import literal_step
from layers import CELLS, LAYERS

SIZE = (1, 5, 6, 4)


@pytest.mark.parametrize("kernel_size", [1, 3, 5])
@pytest.mark.parametrize("kind", CELLS)
def test_the_literal_step_computes_what_the_cell_computes(kind, kernel_size, rng):
    cell = CELLS[kind](4, kernel_size, padding="same")
    cell.build(SIZE)
    weights = {}
    for variable in cell.weights:
        variable.assign(rng.normal(size=variable.shape))
        weights[variable.name] = variable.value
    x, h, c = rng.normal(size=(3, *SIZE)).astype(np.float32)
    ours, (_, our_c) = cell(x, [h, c])
    literal_h, literal_c = literal_step(kind, weights, x, h, c)
    np.testing.assert_allclose(ours, literal_h, atol=1e-5)
    np.testing.assert_allclose(our_c, literal_c, atol=1e-5)


@pytest.fixture(scope="module")
def rows():
    return benchmark_cells(SIZE, 3, rounds=2, progress=False)


def test_every_contestant_does_every_job(rows):
    names = [YARDSTICK, *(f"{who} {k}" for k in LAYERS for who in ("ours", "literal"))]
    assert [(row.job, row.name) for row in rows] == [
        (job, name) for job in JOBS for name in names
    ]


def test_ratios_are_to_the_yardstick_of_the_same_job(rows):
    for row in rows:
        (yardstick,) = (r for r in rows if (r.job, r.name) == (row.job, YARDSTICK))
        assert row.ratio == pytest.approx(row.ms / yardstick.ms)
        assert row.low_ms <= row.ms <= row.high_ms


def test_the_share_of_the_matmul_rate_follows_table_i(monkeypatch):
    # One millisecond for everything: the share is the ratio of the operations.
    one = interleaved.Timing(1.0, 1.0, 1.0)
    monkeypatch.setattr(
        cell_benchmark, "time_interleaved", lambda calls, *_: dict.fromkeys(calls, one)
    )
    found = benchmark_cells((2, 5, 6, 4), 3, ["clip"], progress=False)
    share = {row.name: row.matmul_share for row in found}
    pixels, matmul = 2 * 5 * 6, 2 * 2048**3
    assert share["ours standard"] == 4 * (16 * 9 * 4 + 37) * 4 * pixels / matmul
    assert share["ours depthwise"] == 4 * (16 * 9 + 37) * 4 * pixels / matmul
    # Both rates are far beyond what so small a cell needs; memory takes longer.
    bounds = {row.name: row.bound_ms for row in found}
    assert bounds["ours depthwise"] == 4 * 5 * 4 * pixels / (2 * 2**24)


@pytest.mark.parametrize(
    ("job", "passes", "tensors"),
    [("step", 1, 5), ("step_gradient", 2, 6), ("step_all_gradients", 3, 9)],
)
def test_the_bound_counts_passes_and_tensors(monkeypatch, job, passes, tensors):
    one = interleaved.Timing(1.0, 1.0, 1.0)
    monkeypatch.setattr(
        cell_benchmark, "time_interleaved", lambda calls, *_: dict.fromkeys(calls, one)
    )
    found = benchmark_cells((1, 2, 2, 64), 3, [job], progress=False)
    bounds = {row.name: row.bound_ms for row in found}
    elements, matmul = 4 * 64, 2 * 2048**3
    by_memory = tensors * elements / (2 * 2**24)
    by_products = passes * 16 * 9 * 64 * elements / matmul
    assert bounds["ours standard"] == max(by_memory, by_products)


def test_jobs_take_turns_and_are_warmed_up():
    calls = []
    jobs = {name: lambda name=name: calls.append(name) for name in "ab"}
    timings = interleaved.time_interleaved(jobs, 2, progress=False)
    assert "".join(calls) == "ab" + "ab" + "ab"
    assert timings.keys() == {"a", "b"}


def test_the_report_names_all_and_the_chart_is_drawn(rows, tmp_path):
    text = describe(rows)
    assert all(row.name in text for row in rows)
    save_chart(tmp_path / "chart.png", rows)
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")
    json.dumps([asdict(row) for row in rows])
