import pytest

from experiments.benchmarks import version_benchmark
from experiments.benchmarks.interleaved import Timing
from experiments.benchmarks.step_call import call_of_step, random_inputs
from experiments.benchmarks.version_benchmark import (
    LAYER_BY_LAYER,
    ONNX_RUNTIME,
    OURS,
    benchmark_versions,
    describe,
)
from lstm_icnet import ICNet
from lstm_icnet.network.step_flops import step_flops

SIZE = (97, 97)


def test_ratios_are_taken_round_by_round(monkeypatch):
    timings = {
        (OURS, None, None): (10.0, 20.0, 30.0),
        (ONNX_RUNTIME, None, None): (20.0, 20.0, 10.0),
        (OURS, 4, "depthwise"): (16.0, 29.0, 36.0),
    }

    def fake(calls, *_):
        # The two cells of version 4, of 7x7 both at this size, take 2 ms a piece.
        rounds = {key: timings.get(key, (2.0, 2.0, 2.0)) for key in calls}
        return {
            key: Timing(sorted(values)[1], min(values), max(values), values)
            for key, values in rounds.items()
        }

    pytest.importorskip("onnxruntime", reason="needs the extra `onnx`")
    monkeypatch.setattr(version_benchmark, "time_interleaved", fake)
    monkeypatch.setattr(version_benchmark, "_onnx_call", lambda step: None)
    rows = benchmark_versions(SIZE, (4,), ("depthwise",), 3, progress=False)
    found = {(row.runner, row.cell): row for row in rows}
    assert found[OURS, None].ratio == 1.0  # of 0.5, 1 and 3
    assert found[OURS, "depthwise"].ratio == 6 / 4  # of 6/4, 9/4 and 6/4
    assert found[OURS, "depthwise"].cells_ms == 4
    flops = step_flops(ICNet(4, "depthwise", image_size=SIZE, num_frames=1))
    bound = 2.0 * flops / (2 * 2048**3)
    assert found[OURS, "depthwise"].bound_ms == pytest.approx(bound)


def test_all_runners_run_and_are_reported():
    rows = benchmark_versions(SIZE, (2,), ("separable",), 1, progress=False)
    runners = [row.runner for row in rows]
    assert runners.count(OURS) == 2 and LAYER_BY_LAYER in runners
    text = describe(rows)
    assert all(row.runner in text for row in rows if row.cell is None)
    assert "lstm_icnet_v2 separable" in text


def test_a_call_runs_the_step_on_its_inputs():
    step = ICNet(2, "depthwise", 3, SIZE, num_frames=1).build_step()
    expected = step(random_inputs(step), training=False)
    outputs = call_of_step(step)()
    assert outputs.keys() == expected.keys()
    assert abs(outputs["main"] - expected["main"]).numpy().max() < 1e-4
