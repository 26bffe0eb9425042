import numpy as np
import pytest

from experiments.benchmarks.streams import endurance_benchmark
from experiments.benchmarks.streams.endurance_benchmark import (
    benchmark_endurance,
    describe,
)
from experiments.benchmarks.streams.engines import ENGINES, KERAS


class Network:
    """A network that leaks its states, which grow without bound."""

    image_size = (8, 8)
    gives_logits = True
    on_gpu = False
    frames_at_once = 1

    def __init__(self):
        self.kept = []

    def initial_state(self):
        return {"h": np.ones((1, 100, 1000), np.float32)}

    def step(self, images, states):
        states = {"h": states["h"] * 2}  # infinite after 128 frames
        self.kept.append(states)
        return np.zeros((1, 3, 3, 2), np.float32), states


def test_a_leak_and_states_that_grow_are_seen(monkeypatch):
    monkeypatch.setattr(
        endurance_benchmark, "open_by_engines", lambda *_: {"leaky": Network()}
    )
    with np.errstate(over="ignore"):
        (row,) = benchmark_endurance(200)
    assert not row.finite and row.frames == 200
    assert 60 < row.growth_mb < 120  # 180 states of 0.4 MB
    assert len(row.memory_mb) == 10
    text = describe([row])
    assert "leaky" in text and "NO" in text and f"{row.growth_mb:.1f}" in text


def test_the_network_of_keras_stays_finite():
    (row,) = benchmark_endurance(10, [KERAS])
    assert row.finite and row.engine == KERAS and row.ms > 0
    assert "yes" in describe([row])


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_memory_is_constant_over_many_frames(engine):
    rows = benchmark_endurance(500, [engine])
    if not rows:
        pytest.skip(f"{engine} is not installed")
    assert rows[0].finite
    # The states of 450 frames would be 90 MB.
    assert rows[0].growth_mb < 20
