import subprocess
import sys

import pytest
from absl import app, flags
from checkout import ROOT

from data.files.whole_file import write_whole
from experiments.command_line import command


@pytest.fixture
def run(monkeypatch):
    """Runs a `main` as `command.run` does, without absl parsing pytest's flags."""

    def run(main, *arguments):
        monkeypatch.setattr(app, "run", lambda guarded: guarded(["verb", *arguments]))
        flags.FLAGS.mark_as_parsed()
        command.run(main)

    return run


@pytest.mark.parametrize(
    "error, sentence",
    [
        (ValueError("The sky is green"), "ERROR: The sky is green"),
        (FileNotFoundError("x.png is missing"), "ERROR: x.png is missing"),
        (PermissionError(13, "Permission denied", "x"), "ERROR: x: Permission denied"),
        (
            RuntimeError("node: ValueError: x.png is cut off\nTraceback (most recent"),
            "ERROR: x.png is cut off",
        ),
    ],
)
def test_the_users_errors_are_one_sentence(run, error, sentence):
    def main():
        raise error

    with pytest.raises(SystemExit) as exit_info:
        run(main)
    assert exit_info.value.code == sentence  # a text: printed, and exit code 1


def test_our_own_errors_keep_their_traceback(run):
    def main():
        raise KeyError("oops")

    with pytest.raises(KeyError):
        run(main)


def test_leftover_arguments_are_refused(run):
    with pytest.raises(SystemExit, match="Only flags are understood"):
        run(lambda: None, "left")


def test_a_file_is_written_whole(tmp_path):
    file = tmp_path / "new" / "scores.json"
    write_whole(file, "{}\n")
    assert file.read_text() == "{}\n"
    assert list(file.parent.iterdir()) == [file]


def test_a_folder_is_not_written_over(run, tmp_path):
    with pytest.raises(SystemExit, match="is a folder; it should be a file to write"):
        run(lambda: write_whole(tmp_path, "{}\n"))
    assert not list(tmp_path.iterdir())


def test_help_shows_the_flags_of_all_modules():
    result = subprocess.run(
        [sys.executable, "-m", "experiments.flicker", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    for flag in ("--predictions:", "--json:", "--csv:", "--data_dir:"):
        assert f"\n  {flag}" in result.stdout


def test_a_missing_folder_is_one_sentence_and_no_workdir(tmp_path):
    result = subprocess.run(
        [
            *(sys.executable, "-m", "experiments.train", "--dataset=camvid"),
            *(f"--data_dir={tmp_path}/nowhere", "--model=icnet"),
            f"--workdir={tmp_path}/run",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    last = result.stderr.strip().split("\n")[-1]
    assert last.startswith("ERROR: ")
    assert f"{tmp_path}/nowhere" in last
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "run").exists()
