import numpy as np
import pytest

from data.files.video.writer import VideoWriter
from experiments.benchmarks.interleaved import Timing
from experiments.benchmarks.streams import frame_benchmark
from experiments.benchmarks.streams.engines import ENGINES, KERAS, open_by_engines
from experiments.benchmarks.streams.frame_benchmark import (
    AT_ONCE,
    CLIPS,
    SEGMENT,
    benchmark_frames,
    describe,
    untrained_networks,
)

SIZE = (97, 113)
FAST_ENGINES = (KERAS, "SavedModel")  # the others take long to export


@pytest.fixture(scope="module")
def networks():
    return untrained_networks()


def test_ratios_are_taken_round_by_round(networks, monkeypatch):
    times = {
        ("icnet", KERAS, "network"): (10.0, 20.0, 30.0),
        ("icnet", KERAS, "frame"): (11.0, 30.0, 36.0),
        ("icnet", KERAS, "several frames"): (11.0, 15.0, 14.0),
        ("lstm_icnet_v2", KERAS, "network"): (20.0, 20.0, 20.0),
        ("lstm_icnet_v2", KERAS, "frame"): (30.0, 40.0, 20.0),
        ("lstm_icnet_v2", KERAS, "several frames"): (15.0, 20.0, 16.0),
        ("lstm_icnet_v2", KERAS, "clip"): (90.0, 100.0, 80.0),
    }

    def fake(jobs, *_):
        assert set(jobs) == set(times)
        for key in [*times, *times]:  # the first call is not counted
            jobs[key]()
        # Frames so small are timed four in a row; a call of `segment_frames` has eight.
        calls = {"network": 4, "frame": 4, "several frames": 8}
        return {
            key: Timing(0, 0, 0, tuple(calls.get(key[-1], 1) * ms for ms in values))
            for key, values in times.items()
        }

    monkeypatch.setattr(frame_benchmark, "time_interleaved", fake)
    rows = benchmark_frames(networks, [SIZE], [KERAS], 3, False)
    icnet, at_once, frames, several, clips = rows
    assert (icnet.network_ms, icnet.ms) == (20, 30)
    assert (icnet.low_ms, icnet.high_ms) == (20.5, 33)
    assert icnet.ratio == pytest.approx(1.2)  # of 1.1, 1.5 and 1.2
    assert (frames.ratio, frames.engine) == (1.5, KERAS)  # of 1.5, 2 and 1
    assert (at_once.engine, at_once.ms, at_once.clip_ratio) == (AT_ONCE, 14, None)
    assert at_once.ratio == pytest.approx(0.75)  # of 1.1, 0.75 and 0.467
    assert (clips.ratio, clips.network_ms, clips.clip_ratio) == (None, None, None)
    assert (frames.clip_ratio, several.clip_ratio) == (3, 5)  # of 3, 2.5, 4; 6, 5, 5
    text = describe(rows)
    assert 0.5 < icnet.share < 1 and 0.5 < frames.share < 1 and clips.share is None
    assert (
        f"{icnet.share:.0%}" in text
        and "1.200" in text
        and "3.00" in text
        and CLIPS in text
    )
    assert "33.3" in text  # frames a second


def test_engines_clips_and_videos_are_timed(networks, monkeypatch):
    monkeypatch.setattr(frame_benchmark, "SEGMENTED_SIZES", (SIZE,))
    rows = benchmark_frames(
        networks[1:], [SIZE], FAST_ENGINES, rounds=1, progress=False
    )
    assert {row.engine for row in rows} == {*FAST_ENGINES, AT_ONCE, CLIPS, SEGMENT}
    assert {(row.height, row.width, row.model) for row in rows} == {
        (*SIZE, "lstm_icnet_v2")
    }
    assert all(row.ms > 0 for row in rows)


def test_the_time_of_a_video_is_that_of_a_frame(networks, monkeypatch):
    def fake(jobs, *_):
        ms = {"video": (1500.0, 1400.0), "network": (40.0, 40.0)}
        return {key: Timing(0, 0, 0, ms.get(key[-1], (20.0, 20.0))) for key in jobs}

    monkeypatch.setattr(frame_benchmark, "time_interleaved", fake)
    monkeypatch.setattr(frame_benchmark, "SEGMENTED_SIZES", (SIZE,))
    monkeypatch.setattr(frame_benchmark._Clock, "seconds", 1.0)
    rows = benchmark_frames(networks[:1], [SIZE], [KERAS], 2, False)
    (video,) = [row for row in rows if row.engine == SEGMENT]
    assert (video.ms, video.ratio) == (14.5, 1.45)  # of a hundred frames


def test_frames_of_a_video_are_segmented_in_turn(networks, monkeypatch, tmp_path):
    colours = [(0, 200, 0), (0, 0, 200), (200, 200, 200)]
    with VideoWriter(tmp_path / "colours.mp4", 25) as writer:
        for colour in colours:
            writer.write(np.full((120, 160, 3), colour, np.uint8))
    seen = []

    def segment_frame(self, image):
        seen.append((image.shape, image.mean(axis=(0, 1))))

    def fake(jobs, *_):
        jobs["icnet", KERAS, "frame"]()  # four frames in a row
        return {key: Timing(1, 1, 1, (1.0,)) for key in jobs}

    monkeypatch.setattr(frame_benchmark.VideoStream, "segment_frame", segment_frame)
    monkeypatch.setattr(frame_benchmark, "time_interleaved", fake)
    monkeypatch.setattr(frame_benchmark._Clock, "seconds", 1.0)
    video = tmp_path / "colours.mp4"
    benchmark_frames(networks[:1], [SIZE], [KERAS], 1, False, video)
    assert {shape for shape, _ in seen} == {(*SIZE, 3)}
    for (_, mean), colour in zip(seen, [*colours, colours[0]], strict=True):
        np.testing.assert_allclose(mean, colour, atol=8)  # H.264 has losses


@pytest.mark.parametrize(
    "engine",
    [
        pytest.param(name, marks=[] if name in FAST_ENGINES else pytest.mark.slow)
        for name in ENGINES
        if "int8" not in name
    ],
)
def test_every_engine_gives_the_logits_of_the_network(engine, networks, tmp_path, rng):
    network = networks[1]
    image = rng.integers(0, 256, (1, 97, 97, 3), dtype="uint8")
    found = open_by_engines(network, tmp_path / "export", [engine])
    if not found:
        pytest.skip(f"{engine} is not installed")
    opened = found[engine]
    states = opened.initial_state()
    for _ in range(4):
        logits, states = opened.step(image, states)
    clip = np.stack([image] * 4, axis=1)
    expected = np.asarray(network(clip, training=False)["main"])
    # OpenVINO computes in bfloat16 where the processor has it.
    limit = 0.1 if engine == "OpenVINO" else 1e-2
    assert np.abs(logits - expected).max() < limit * np.abs(expected).max()
