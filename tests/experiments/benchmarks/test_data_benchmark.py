import pytest

from data.readers import virtual_kitti
from data.synthetic.render_data_set import render_data_set
from data.videos.clips import clip_index
from experiments.benchmarks import data_benchmark
from experiments.benchmarks.interleaved import Timing

SIZE = (24, 40)


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "tree"
    render_data_set(folder, 1, 12, SIZE, seed=0, processes=1, progress=False)
    return virtual_kitti.read_videos(str(folder), "train")


def test_the_bound_decodes_the_files_of_as_many_clips(videos):
    clips = clip_index(videos, data_benchmark.NUM_FRAMES)
    images = list(data_benchmark._decoded(clips, 3))
    assert len(images) == 3 * (data_benchmark.NUM_FRAMES + 1)
    assert all(image.shape == (*SIZE, 3) for image in images)


def test_shares_are_taken_round_by_round(videos, monkeypatch):
    rounds = {"decoding alone": (100.0, 200.0, 100.0)}
    rounds["training clips, files"] = (200.0, 250.0, 100.0)
    rounds["training clips, shards"] = (200.0, 200.0, 200.0)
    rounds["without augmentation, files"] = (100.0, 200.0, 100.0)
    rounds["clips from stills, files"] = (100.0, 200.0, 100.0)
    rounds["clips from stills, no noise, files"] = (100.0, 200.0, 100.0)

    def fake(jobs, *_):
        return {
            name: Timing(sorted(ms)[1], min(ms), max(ms), ms)
            for name, ms in rounds.items()
            if name in jobs
        }

    monkeypatch.setattr(data_benchmark, "time_interleaved", fake)
    sources = {"files": videos, "shards": videos}
    rows = data_benchmark.benchmark_data(sources, SIZE, 4, 3, progress=False)
    found = {row.name: row for row in rows}
    assert set(found) == set(rounds)
    assert found["training clips, files"].share == 0.8  # of 0.5, 0.8 and 1
    assert found["training clips, shards"].share == 0.5  # of 0.5, 1 and 0.5
    assert found["training clips, files"].clips_per_second == 1000 * 4 / 200
    assert "training clips, shards" in data_benchmark.describe(rows)


def test_everything_runs(videos):
    rows = data_benchmark.benchmark_data({"files": videos}, SIZE, 2, 1, progress=False)
    assert rows[0].name == "decoding alone"
    assert all(row.clips_per_second > 0 for row in rows)
    assert len(data_benchmark.memory_over_clips(videos, SIZE, 20)) == 10
