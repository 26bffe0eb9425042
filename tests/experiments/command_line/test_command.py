import ast
import errno
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from absl import app, flags
from checkout import ROOT

from data.files.whole_file import write_whole
from experiments.command_line import command
from experiments.command_line.help_page import group_of
from experiments.presentation.text_table import text_table

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def run(monkeypatch):
    """Runs a `main` as `command.run` does, without absl parsing pytest's flags."""

    def run(main, *arguments):
        argv = ["verb", *arguments]
        monkeypatch.setattr(app, "run", lambda guarded, **_: guarded(argv))
        monkeypatch.setattr(sys, "argv", argv)
        monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)  # restored
        monkeypatch.setattr(warnings, "showwarning", None)
        flags.FLAGS.mark_as_parsed()
        before = {number: signal.getsignal(number) for number in _SIGNALS}
        try:
            command.run(main)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    return run


@pytest.mark.parametrize(
    "error, sentence",
    [
        (ValueError("The sky is green"), "ERROR: The sky is green"),
        (FileNotFoundError("x.png is missing"), "ERROR: x.png is missing"),
        (PermissionError(13, "Permission denied", "x"), "ERROR: x: Permission denied"),
        (OSError(errno.ENOSPC, "No space left", "x"), "ERROR: x: No space left"),
        (OSError(errno.EROFS, "Read-only", "x", None, "y"), "ERROR: x -> y: Read-only"),
        (OSError(errno.EIO, "Input/output error"), "ERROR: Input/output error"),
        (OSError(errno.ENXIO, "No device", b"x\xff"), "ERROR: x\\xff: No device"),
        (
            FileNotFoundError("a\x1b[31m.png is missing"),
            r"ERROR: a\x1b[31m.png is missing",
        ),
        (ValueError("Two\nlines"), "ERROR: Two lines"),
        (MemoryError(), "ERROR: Not enough memory: a smaller size may do"),
        (
            tf.errors.ResourceExhaustedError(None, None, "x: No space left\n[[node]]"),
            "ERROR: x: No space left",
        ),
        (
            ModuleNotFoundError("No module named 'tf2onnx'", name="tf2onnx.convert"),
            "ERROR: The package tf2onnx is not installed, and this command needs it; "
            "`pip install -e '.[onnx]'` installs it",
        ),
        (
            ModuleNotFoundError("No module named 'notebook'", name="notebook"),
            "ERROR: The package notebook is not installed, and this command needs it",
        ),
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


def test_what_tfds_raises_is_the_users(run):
    builder = tfds.testing.DummyDataset  # of a package that raises RuntimeError

    def main():
        exec(
            "raise RuntimeError('The shards are damaged')",
            {"__name__": builder.__module__},
        )

    with pytest.raises(SystemExit, match="ERROR: The shards are damaged"):
        run(main)


def test_a_runtime_error_of_ours_keeps_its_traceback(run):
    def main():
        raise RuntimeError("oops")

    with pytest.raises(RuntimeError, match="oops"):
        run(main)


def test_control_characters_in_names_are_printed_as_escapes(run, capsys):
    with pytest.raises(SystemExit):
        run(lambda: print("a\x1b]0;title\x07\u202e.png\tb"))
    assert capsys.readouterr().out == "a\\x1b]0;title\\x07\\u202e.png\tb\n"


def test_a_table_keeps_its_lines():
    table = text_table(("video", "n"), [("a\nb\x1b[2J", "1")])
    assert table.split("\n") == ["video        n", "-" * 11 + "  -", r"a\nb\x1b[2J  1"]


def test_a_warning_is_one_printable_line(run, caplog):
    with pytest.raises(SystemExit):
        run(lambda: warnings.warn("a\x1b[31m\nb", RuntimeWarning, stacklevel=1))
    assert caplog.messages == ["a\\x1b[31m\\nb"]


@pytest.mark.parametrize("number", _SIGNALS)
def test_a_signal_ends_the_verb_by_an_exception(run, number):
    """So that context managers remove what is half-written."""
    left = []

    def main():
        try:
            os.kill(os.getpid(), number)
        finally:
            left.append("cleared")

    with pytest.raises(SystemExit) as exit_info:
        run(main)
    assert (exit_info.value.code, left) == (128 + number, ["cleared"])


def test_interrupting_gives_130(run, capsys):
    with pytest.raises(SystemExit) as exit_info:
        run(lambda: os.kill(os.getpid(), signal.SIGINT))
    assert exit_info.value.code == 130
    assert capsys.readouterr().err == "Interrupted.\n"


def verb(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "experiments", *arguments],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_float_flag_must_be_finite(value):
    result = verb("flicker", "--predictions=x", f"--colour_tolerance={value}")
    assert result.returncode == 1
    assert f"--colour_tolerance={value}: " in result.stderr
    assert "Traceback" not in result.stderr


def test_a_url_in_the_place_of_a_path_is_quoted_unchanged():
    for verb_name, flag in (
        ("flicker", "--predictions=x --labels=https://host/a//b"),
        ("flicker", "--predictions=x --json=s3://bucket/scores.json"),
        ("compare", "--scores=ours=https://host/scores.json?a=b"),
    ):
        result = verb(verb_name, *flag.split())
        assert result.returncode == 1
        assert result.stderr.startswith(f"ERROR: {flag.split()[-1]} is a URL; ")


def test_a_video_that_a_server_does_not_give_is_quoted_unchanged():
    url = "https://127.0.0.1:1/a//b.mp4?c=d"
    result = verb("flicker", f"--predictions={url}", "--palette=camvid")
    assert result.returncode == 1
    assert f"ERROR: {url} cannot be opened as a video: " in result.stderr


@pytest.mark.parametrize("flag", ["json", "csv"])
def test_an_output_that_cannot_be_written_is_found_at_the_start(flag, tmp_path):
    result = verb("flicker", "--predictions=x", f"--{flag}={tmp_path}")
    assert result.returncode == 1  # and not that x is missing
    assert "is a folder; it should be a file to write" in result.stderr


def test_standard_output_on_a_full_disk_is_one_sentence():
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with open("/dev/full", "w") as full:
        result = verb("flicker", "--help", stdout=full)
    assert result.returncode == 1
    assert result.stderr == "ERROR: Standard output: No space left on device\n"


def test_a_closed_pipe_ends_the_verb_without_a_word():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        result = verb("flicker", "--help", stdout=pipe)
    assert (result.returncode, result.stderr) == (128 + signal.SIGPIPE, "")


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


def test_help_shows_the_flags_of_all_modules_in_groups():
    result = verb("flicker", "--help", stdout=subprocess.PIPE)
    assert result.returncode == 0
    places = [
        result.stdout.index(text)
        for text in ("\nData:\n", "\n  --data_dir:", "\n  --predictions:")
    ]
    places += [
        result.stdout.index(text)
        for text in ("\nOutput:\n", "\n  --csv:", "\n  --json:", "\nOther:\n")
    ]
    assert places == sorted(places)
    assert "One of: label, prediction. Default: label." in result.stdout
    assert max(map(len, result.stdout.split("\n"))) <= 88


def test_all_verbs_are_listed_with_their_first_sentence():
    result = verb(stdout=subprocess.PIPE)
    listing = result.stdout.split("\n\n")[1]
    listed = [line.split()[0] for line in listing.split("\n")]
    files = (ROOT / "experiments").glob("*.py")
    assert listed == sorted(f.stem for f in files if not f.stem.startswith("__"))
    assert "flicker           Scores the label maps" in result.stdout


def test_an_unknown_verb_is_one_sentence():
    result = verb("flickr")
    assert result.returncode == 1
    assert result.stderr.startswith("ERROR: There is no verb 'flickr'; it must be one")


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


def defined_flags(file):
    """Names of the flags that a module defines itself."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ".DEFINE_" in ast.unparse(node.func):
            yield node.args[0].value


def test_every_flag_of_a_verb_has_a_group():
    for file in (ROOT / "experiments").glob("[!_]*.py"):
        groups = {name: group_of(file.stem, name) for name in defined_flags(file)}
        assert "Other" not in groups.values(), (file.stem, groups)


def test_every_flag_of_a_training_has_a_group():
    file = ROOT / "experiments" / "command_line" / "training_flags.py"
    groups = {name: group_of("train", name) for name in defined_flags(file)}
    assert len(groups) > 20 and "Other" not in groups.values(), groups


@pytest.mark.parametrize(
    "verb_name, flag, group",
    [
        ("train", "workdir", "Output"),
        ("evaluate", "workdir", "Network"),
        ("compare", "scores", "Data"),
        ("export", "scores", "Output"),
        ("render_synthetic", "height", "Data"),
    ],
)
def test_a_flag_is_where_it_belongs_in_its_verb(verb_name, flag, group):
    assert group_of(verb_name, flag) == group


def test_the_recipes_are_listed_with_their_paths():
    result = verb(stdout=subprocess.PIPE)
    files = [Path(line) for line in result.stdout.splitlines() if line[:1] == "/"]
    assert sorted(files) == sorted((ROOT / "experiments/recipes").glob("*.flags"))
