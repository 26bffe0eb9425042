import itertools
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from data.synthetic.imaging.weather import VARIATIONS
from data.synthetic.render_data_set import pieces_of_videos, render_data_set

SIZE = (40, 64)
SMALL = ("--num_frames=2", "--height=40", "--width=64")


def contents(root):
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "experiments.render_synthetic", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_one_process_and_several_render_the_same_bytes(tmp_path):
    # One video of five frames: the two processes share it.
    for name, processes in (("serial", 1), ("parallel", 2)):
        render_data_set(tmp_path / name, 1, 5, SIZE, 7, processes, progress=False)
    serial = contents(tmp_path / "serial")
    assert serial == contents(tmp_path / "parallel")
    assert len(serial) == 5 + 5 + 1


def test_each_video_has_its_own_world_and_the_weathers_take_turns():
    videos = [video for video, _ in pieces_of_videos(8, 10, processes=2)]
    assert [world for world, _ in videos] == list(range(1, 9))
    assert [weather for _, weather in videos] == [*VARIATIONS, *VARIATIONS[:2]]


@pytest.mark.parametrize("num_videos", [1, 3])
@pytest.mark.parametrize("num_frames", [1, 7, 120])
@pytest.mark.parametrize("processes", [1, 2, 8])
def test_pieces_cover_every_frame_once(num_videos, num_frames, processes):
    pieces = pieces_of_videos(num_videos, num_frames, processes)
    assert len(pieces) >= min(processes, num_videos, num_frames)
    for world in range(1, num_videos + 1):
        frames = [piece for (number, _), piece in pieces if number == world]
        assert list(itertools.chain(*frames)) == list(range(num_frames))


def test_another_seed_renders_other_bytes(tmp_path):
    for seed in (0, 1):
        render_data_set(tmp_path / str(seed), 1, 1, SIZE, seed, 1, progress=False)
    assert contents(tmp_path / "0") != contents(tmp_path / "1")


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "mine.txt").write_text("kept")
    with pytest.raises(FileExistsError, match="new or empty"):
        render_data_set(tmp_path / "tree", 1, 1, SIZE, 0, 1, progress=False)
    assert contents(tmp_path / "tree") == {"mine.txt": b"kept"}


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "tree").mkdir()
    render_data_set(tmp_path / "tree", 1, 1, SIZE, 0, 1, progress=False)
    assert len(contents(tmp_path / "tree")) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["tree"]


def test_a_failure_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("data.synthetic.render_data_set.render_frames", fail)
    with pytest.raises(OSError, match="No space"):
        render_data_set(tmp_path / "tree", 1, 1, SIZE, 0, 1, progress=False)
    assert list(tmp_path.iterdir()) == []


def test_the_binary_renders_and_says_where(tmp_path):
    done = run(f"--out_dir={tmp_path / 'tree'}", "--num_videos=2", *SMALL, "--seed=5")
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "tree") in done.stdout
    assert len(contents(tmp_path / "tree")) == 2 * (2 + 2 + 1)


def test_ctrl_c_ends_every_process_and_leaves_nothing_behind(tmp_path):
    command = [sys.executable, "-m", "experiments.render_synthetic"]
    process = subprocess.Popen(
        [*command, f"--out_dir={tmp_path / 'tree'}", "--num_videos=500", *SMALL],
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list(tmp_path.glob(".tree.*/vkitti*")):
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "Interrupted" in errors and "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []


def test_after_a_kill_no_process_stays_and_the_next_run_clears_up(tmp_path):
    command = [sys.executable, "-m", "experiments.render_synthetic", *SMALL]
    command += [f"--out_dir={tmp_path / 'tree'}"]
    process = subprocess.Popen(
        [*command, "--num_videos=500"], stderr=subprocess.DEVNULL
    )
    while not list(tmp_path.glob(".tree.*/vkitti*")):
        assert process.poll() is None
        time.sleep(0.1)
    workers = psutil.Process(process.pid).children(recursive=True)
    assert workers
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert not alive
    assert [path.name[:6] for path in tmp_path.iterdir()] == [".tree."]
    subprocess.run([*command, "--num_videos=1"], check=True, capture_output=True)
    assert [path.name for path in tmp_path.iterdir()] == ["tree"]


def end_at_once(*arguments):
    os._exit(9)


def test_a_process_that_the_system_ends_is_one_error(tmp_path, monkeypatch):
    monkeypatch.setattr("data.synthetic.render_data_set.render_frames", end_at_once)
    with pytest.raises(MemoryError, match="ended a process that rendered frames"):
        render_data_set(tmp_path / "tree", 2, 1, SIZE, 0, 2, progress=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "flag",
    ["--num_videos=0", "--num_frames=0", "--height=8", "--width=-1", "--seed=-1", "x"],
)
def test_the_binary_refuses_bad_flags(tmp_path, flag):
    done = run(f"--out_dir={tmp_path / 'tree'}", flag)
    assert done.returncode != 0
    assert flag.split("=")[0].lstrip("-") in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "tree").exists()


def test_the_binary_refuses_a_full_folder_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    done = run(f"--out_dir={tmp_path}")
    assert done.returncode == 1
    assert str(tmp_path) in done.stderr and "new or empty" in done.stderr
    assert "Traceback" not in done.stderr
