import numpy as np
import pytest

from experiments.benchmarks.interleaved import Timing
from experiments.benchmarks.streams import frame_benchmark
from experiments.benchmarks.streams.engines import ENGINES, KERAS, open_by_engines
from experiments.benchmarks.streams.frame_benchmark import (
    CLIPS,
    benchmark_frames,
    describe,
    untrained_networks,
)

SIZE = (97, 113)


@pytest.fixture(scope="module")
def networks():
    return untrained_networks()


def test_ratios_are_taken_round_by_round(networks, monkeypatch):
    times = {
        ("icnet", KERAS, "network"): (10.0, 20.0, 30.0),
        ("icnet", KERAS, "frame"): (11.0, 30.0, 36.0),
        ("lstm_icnet_v2", KERAS, "network"): (20.0, 20.0, 20.0),
        ("lstm_icnet_v2", KERAS, "frame"): (30.0, 40.0, 20.0),
        ("lstm_icnet_v2", KERAS, "clip"): (90.0, 100.0, 80.0),
    }

    def fake(jobs, *_):
        assert set(jobs) == set(times)
        for key in [*times, *times]:  # the first call is not counted
            jobs[key]()
        return {
            key: Timing(sorted(values)[1], min(values), max(values), values)
            for key, values in times.items()
        }

    monkeypatch.setattr(frame_benchmark, "time_interleaved", fake)
    icnet, frames, clips = benchmark_frames(networks, [SIZE], [KERAS], 3, False)
    assert (icnet.network_ms, icnet.ms, icnet.low_ms, icnet.high_ms) == (20, 30, 11, 36)
    assert icnet.ratio == pytest.approx(1.2)  # of 1.1, 1.5 and 1.2
    assert (frames.ratio, frames.engine) == (1.5, KERAS)  # of 1.5, 2 and 1
    assert (clips.ratio, clips.network_ms) == (3, None)  # of 3, 2.5 and 4
    text = describe([icnet, frames, clips])
    assert 0.5 < icnet.share < 1 and 0.5 < frames.share < 1 and clips.share is None
    assert (
        f"{100 * icnet.share:.0f} %" in text
        and "1.200" in text
        and "3.00" in text
        and CLIPS in text
    )
    assert "33.3" in text  # frames a second


def test_every_engine_is_timed_at_every_size(networks):
    sizes = [SIZE, (98, 97)]
    rows = benchmark_frames(networks, sizes, rounds=1, progress=False)
    found = {(row.height, row.width, row.model, row.engine) for row in rows}
    models = [network.name for network in networks]
    ours = {(*s, m, e) for s in sizes for m in models for e in ENGINES}
    assert found == ours | {(*s, "lstm_icnet_v2", CLIPS) for s in sizes}
    assert all(row.ms > 0 for row in rows)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_gives_the_logits_of_the_network(engine, networks, tmp_path, rng):
    network = networks[1]
    image = rng.integers(0, 256, (1, 97, 97, 3), dtype="uint8")
    (opened,) = open_by_engines(network, tmp_path / "export", [engine]).values()
    states = opened.initial_state()
    for _ in range(4):
        logits, states = opened.step(image, states)
    clip = np.stack([image] * 4, axis=1)
    expected = np.asarray(network(clip, training=False)["main"])
    assert np.abs(logits - expected).max() < 1e-2 * np.abs(expected).max()
