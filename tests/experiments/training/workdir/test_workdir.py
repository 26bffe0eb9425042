import errno
import json
import os
import subprocess
import sys
import zipfile

import pytest

from experiments.training.workdir.checkpoint_file import read_state
from experiments.training.workdir.workdir import Workdir


class FakeModel:
    """Saves a ZIP file, as Keras does."""

    def __init__(self, content="weights"):
        self.content = content

    def save(self, path):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("model", self.content * 100)


class Failing:
    def __init__(self, number):
        self._number = number

    def save(self, path):
        path.write_text("half")
        raise OSError(self._number, os.strerror(self._number))


def content_of(file):
    with zipfile.ZipFile(file) as archive:
        return archive.read("model").decode()[: len("weights")]


def checkpoints_of(workdir):
    return sorted(file.name for file in workdir.checkpoints.iterdir())


def test_a_workdir_is_made_when_first_written_to(tmp_path):
    workdir = Workdir(tmp_path / "run")
    assert workdir.newest_checkpoint() == (0, None)
    assert workdir.metrics.lines() == []
    assert workdir.read_flags() == ""
    assert not (tmp_path / "run").exists()
    workdir.write_flags("--steps=3\n")
    assert (tmp_path / "run" / "flags.txt").read_text() == "--steps=3\n"
    assert workdir.read_flags() == "--steps=3\n"


def test_the_newest_two_checkpoints_stay(tmp_path):
    workdir = Workdir(tmp_path)
    for step in (5, 10, 100):
        workdir.save_checkpoint(FakeModel(), step)
    names = checkpoints_of(workdir)
    assert names == ["step_00000010.keras", "step_00000100.keras"]
    assert workdir.newest_checkpoint() == (100, workdir.checkpoints / names[1])
    assert content_of(workdir.last) == "weights"


@pytest.mark.parametrize("kept", [1, 3])
def test_as_many_checkpoints_stay_as_asked_for(kept, tmp_path):
    for step in (1, 2, 3, 4):
        Workdir(tmp_path, kept).save_checkpoint(FakeModel(), step)
    steps = range(4, 4 - kept, -1)
    names = [f"step_{step:08d}.keras" for step in sorted(steps)]
    assert checkpoints_of(Workdir(tmp_path)) == names


def test_the_state_is_in_the_file_of_the_checkpoint(tmp_path):
    file = Workdir(tmp_path).save_checkpoint(FakeModel(), 1, {"loss": [0.1]})
    assert read_state(file) == {"loss": [0.1]}
    FakeModel().save(file)
    assert read_state(file) == {}


def test_the_best_checkpoint_outlives_its_file(tmp_path):
    workdir = Workdir(tmp_path)
    workdir.keep_as_best(workdir.save_checkpoint(FakeModel(), 1))
    for step in (2, 3, 4):
        workdir.save_checkpoint(FakeModel("others!"), step)
    assert content_of(workdir.best) == "weights"
    assert content_of(workdir.last) == "others!"


@pytest.mark.parametrize(
    "number, message",
    [
        (errno.ENOSPC, "No space left"),
        (errno.EROFS, "Read-only file system"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_a_save_that_fails_leaves_the_last_checkpoint(number, message, tmp_path):
    workdir = Workdir(tmp_path)
    workdir.save_checkpoint(FakeModel(), 1)
    with pytest.raises(OSError, match=message) as error:
        workdir.save_checkpoint(Failing(number), 2)
    assert error.value.filename.endswith("step_00000002.keras")
    assert workdir.newest_checkpoint()[0] == 1
    assert content_of(workdir.last) == "weights"
    assert os.listdir(workdir.checkpoints) == ["step_00000001.keras"]


def test_links_are_copies_where_the_file_system_has_none(tmp_path, monkeypatch):
    def no_links(*paths):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    workdir = Workdir(tmp_path)
    workdir.save_checkpoint(FakeModel(), 1)
    assert content_of(workdir.last) == "weights"
    assert sorted(os.listdir(tmp_path)) == ["checkpoints", "last.keras"]


def damage_middle(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 4] ^= 0xFF
    file.write_bytes(content)


def cut_in_half(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def empty(file):
    file.write_bytes(b"")


@pytest.mark.parametrize("damage", [damage_middle, cut_in_half, empty])
def test_a_damaged_newest_checkpoint_gives_way_to_the_one_before(
    damage, tmp_path, caplog
):
    workdir = Workdir(tmp_path)
    for step in (5, 10):
        newest = workdir.save_checkpoint(FakeModel(), step)
    newest.write_bytes(newest.read_bytes())  # last.keras is another file from here on
    damage(newest)
    assert workdir.newest_checkpoint() == (5, newest.with_name("step_00000005.keras"))
    assert checkpoints_of(workdir) == [
        "step_00000005.keras",
        "step_00000010.keras.damaged",
    ]
    assert "step_00000010.keras is damaged" in caplog.text
    assert "of step 5" in caplog.text


def test_training_does_not_start_again_where_all_checkpoints_are_damaged(tmp_path):
    workdir = Workdir(tmp_path)
    empty(workdir.save_checkpoint(FakeModel(), 5))
    for _ in range(2):  # the second time as the first
        with pytest.raises(
            ValueError, match=r"damaged checkpoints only \(step_00000005"
        ):
            workdir.newest_checkpoint()


@pytest.mark.parametrize("name", ["last.keras", "best.keras", "metrics.jsonl"])
def test_a_folder_in_the_place_of_a_file_is_refused(name, tmp_path):
    (tmp_path / name).mkdir()
    with pytest.raises(IsADirectoryError, match=f"{name} is a folder; a workdir has a"):
        Workdir(tmp_path)


@pytest.mark.parametrize("name", ["checkpoints", "tensorboard"])
def test_a_file_in_the_place_of_a_folder_is_refused(name, tmp_path):
    (tmp_path / name).touch()
    with pytest.raises(FileExistsError, match=f"{name} is a file; a workdir has a fol"):
        Workdir(tmp_path)


def test_a_folder_named_like_a_checkpoint_is_none(tmp_path):
    (tmp_path / "checkpoints" / "step_00000007.keras").mkdir(parents=True)
    assert Workdir(tmp_path).newest_checkpoint() == (0, None)


def test_a_file_is_no_workdir(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(FileExistsError, match="is a file"):
        Workdir(file)


TRAIN = """
import sys, time
from experiments.training.workdir.workdir import Workdir
with Workdir(sys.argv[1]).locked():
    print("locked", flush=True)
    time.sleep(60)
"""


def test_a_second_training_is_refused_until_the_first_process_ends(tmp_path):
    folder = tmp_path / "run"
    first = subprocess.Popen(
        [sys.executable, "-c", TRAIN, folder], stdout=subprocess.PIPE, text=True
    )
    try:
        assert first.stdout.readline() == "locked\n"
        with (
            pytest.raises(
                ValueError, match=rf"in use by another .*process {first.pid}"
            ),
            Workdir(folder).locked(),
        ):
            pass
    finally:
        first.kill()
        first.wait()
    with Workdir(folder).locked():
        assert (folder / ".lock").read_text() == f"{os.getpid()}\n"


def test_a_folder_that_nothing_was_written_to_does_not_stay(tmp_path):
    with pytest.raises(ZeroDivisionError), Workdir(tmp_path / "run").locked():
        1 / 0  # noqa: B018
    assert not (tmp_path / "run").exists()
    with pytest.raises(ZeroDivisionError), Workdir(tmp_path / "run").locked():
        Workdir(tmp_path / "run").write_flags("--steps=1\n")
        1 / 0  # noqa: B018
    assert (tmp_path / "run" / "flags.txt").exists()


KILLED = """
import os, signal, sys
from experiments.training.workdir.workdir import Workdir
class Killed:
    def save(self, path):
        path.write_text("half")
        os.kill(os.getpid(), signal.SIGKILL)
Workdir(sys.argv[1]).save_checkpoint(Killed(), 3)
"""


def test_what_a_killed_process_was_writing_is_removed(tmp_path):
    run = subprocess.run([sys.executable, "-c", KILLED, tmp_path], check=False)
    assert run.returncode == -9
    workdir = Workdir(tmp_path)
    (left,) = os.listdir(workdir.checkpoints)
    assert left.startswith(".step")
    with workdir.locked():
        assert os.listdir(workdir.checkpoints) == []


def test_a_full_disk_is_found_before_the_first_step(tmp_path, monkeypatch):
    asked = []

    def no_space(descriptor, offset, length):
        asked.append(length)
        raise OSError(errno.ENOSPC, "No space left on device")

    workdir = Workdir(tmp_path)
    workdir.check_space(1000)
    monkeypatch.setattr(os, "posix_fallocate", no_space)
    with pytest.raises(OSError, match="No space left") as error:
        workdir.check_space(1000)
    assert error.value.filename == str(tmp_path)
    assert asked == [4000]  # two checkpoints, one being written, and the best
    assert os.listdir(tmp_path) == []


def test_metrics_are_those_of_the_workdir(tmp_path):
    workdir = Workdir(tmp_path)
    workdir.metrics.append({"step": 1, "loss": 0.5})
    assert json.loads((tmp_path / "metrics.jsonl").read_text()) == {
        "step": 1,
        "loss": 0.5,
    }
