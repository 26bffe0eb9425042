import numpy as np
import pytest

from experiments.benchmarks import flicker_benchmark
from experiments.benchmarks.interleaved import Timing
from lstm_icnet import flicker


def test_everything_runs_and_is_described():
    rows = flicker_benchmark.benchmark_flicker((20, 33), 80, 2, progress=False)
    assert [row.name for row in rows] == [
        "comparing once",
        "mFP",
        "mFIP",
        "mFP and mFIP",
        "stale rate",
        "mFP near borders and inside",
        "the floor",
    ]
    assert all(row.seconds > 0 for row in rows)
    assert [row.num_pairs for row in rows] == [80, 80, 80, 80, 80, 2, 2]
    assert rows[0].ratio == 1
    text = flicker_benchmark.describe(rows, (20, 33))
    assert text.startswith("20x33")
    assert "mFP and mFIP" in text and "the floor" in text


@pytest.mark.parametrize("num_pairs", [1, 7, 8, 9, 1000])
def test_every_round_has_as_many_pairs_as_it_says(num_pairs):
    maps = np.zeros((9, 1, 1), np.uint8)
    counted = flicker.FlickeringImagePixels()
    for window in flicker_benchmark._windows(num_pairs):
        counted.update(maps[window])
    assert counted.num_pairs == num_pairs


def test_maps_flicker_and_are_ignored_as_they_say():
    labels, predictions = flicker_benchmark.random_maps((60, 101))
    assert labels.shape == predictions.shape == (9, 60, 101)
    assert labels.dtype == predictions.dtype == np.uint8
    assert (labels[:, :3] == 255).all() and (labels[:, 3:] < 19).all()
    wrong = (labels != predictions)[:, 3:].mean()
    assert wrong == pytest.approx(18 / 19 / 20, rel=0.1)
    assert 0 < flicker.mfp(labels, predictions) < flicker.mfip(predictions) < 1000


def test_ratios_are_taken_round_by_round(monkeypatch):
    rounds = dict.fromkeys(["mFIP", "mFP and mFIP"], (100.0, 200.0, 100.0))
    rounds["comparing once"] = (100.0, 200.0, 100.0)
    rounds["mFP"] = (300.0, 400.0, 500.0)
    rounds["the floor"] = (30.0, 40.0, 50.0)  # for 2 pairs of 80

    def fake(jobs, *_):
        return {
            name: Timing(sorted(rounds[name])[1], 0.0, 0.0, rounds[name])
            for name in jobs
            if name in rounds
        }

    monkeypatch.setattr(flicker_benchmark, "time_interleaved", fake)
    rows = flicker_benchmark.benchmark_flicker((20, 33), 80, 3, progress=False)
    found = {row.name: row for row in rows}
    assert found["mFP"].ratio == 3  # of 3, 2 and 5
    assert found["mFP"].seconds == 0.4
    assert found["the floor"].ratio == pytest.approx(12)  # of 12, 8 and 20
