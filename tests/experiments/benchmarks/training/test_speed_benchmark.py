import pytest

from experiments.benchmarks.training import speed_benchmark
from experiments.benchmarks.training.speed_benchmark import Row


def test_parts_are_timed_in_turn_with_the_whole(monkeypatch):
    monkeypatch.setattr(
        speed_benchmark,
        "step_call",
        lambda model, image_size: lambda: None,
    )
    rows = speed_benchmark.benchmark_training(
        (97, 97), "depthwise", num_frames=2, rounds=2, progress=False
    )
    assert [row.name for row in rows] == [
        "LSTM-ICNet v2 depthwise, 2 frames",
        "ICNet on the frames that are needed",
        "the depthwise cell",
    ]
    assert rows[1].ratio + rows[2].ratio == pytest.approx(1)
    assert all(0 < row.low_ms <= row.ms <= row.high_ms for row in rows)


def test_icnet_of_v2_has_all_frames_before_the_cell_and_one_behind():
    model = speed_benchmark.network_to_train(2, "depthwise", (97, 97), 3)
    icnet = speed_benchmark._icnet_of(model)
    kinds = {layer.name: layer.__class__ for layer in icnet.layers if layer.weights}
    others = {layer.name: layer.__class__ for layer in model.layers if layer.weights}
    assert others.pop("convlstm_sub12")
    assert kinds == others
    assert icnet.output_shape == model.output_shape


def test_the_table_has_the_ratio():
    text = speed_benchmark.describe([Row("v2", 10.0, 9.0, 11.0, 1.04)], (97, 97))
    assert "97x97" in text and "1.040" in text
