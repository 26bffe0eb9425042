from experiments.benchmarks.smoothing_benchmark import benchmark_smoothing, describe


def test_every_smoothing_is_timed_against_icnet():
    rows = benchmark_smoothing({(97, 113): 3}, rounds=2, progress=False)
    names = ["ICNet", "mean", "flow", "hold", "vote", "median"]
    assert [row.name for row in rows] == names
    assert all((row.height, row.width) == (97, 113) for row in rows)
    assert all(row.ms > 0 and row.low_ms <= row.ms <= row.high_ms for row in rows)
    assert rows[0].percent == 100
    assert rows[2].name == "flow"
    text = describe(rows)
    assert "97x113 flow" in text and "percent of ICNet" in text
