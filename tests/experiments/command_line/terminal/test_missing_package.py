import os
import signal
import subprocess
import sys

import pytest
from checkout import ROOT

from experiments.command_line.terminal.missing_package import missing_package


def test_an_extra_is_named_with_the_command_that_installs_it():
    error = ModuleNotFoundError("No module named 'tf2onnx'", name="tf2onnx.convert")
    assert missing_package(error) == (
        "The package tf2onnx is not installed, and this command needs it; "
        "`pip install -e '.[onnx]'` installs it"
    )


@pytest.mark.parametrize(
    "error",
    [
        ModuleNotFoundError("No module named 'data.none'", name="data.none"),
        ModuleNotFoundError("without a name"),
        ImportError("cannot import name", name="numpy"),
    ],
)
def test_other_errors_are_no_missing_package(error):
    assert missing_package(error) is None


@pytest.mark.parametrize("command", ["experiments.compare", "experiments compare"])
def test_a_verb_without_its_packages_ends_in_one_sentence(tmp_path, command):
    error = "ModuleNotFoundError('none', name='absl')"
    (tmp_path / "absl.py").write_text(f"raise {error}\n")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    result = subprocess.run(
        [sys.executable, "-m", *command.split(), "--scores=x"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        "ERROR: The package absl is not installed, and this command needs it; "
        "`. .venv/bin/activate` takes the Python that `make` installed everything "
        f"for, and `pip install -e .` installs it for {sys.executable}\n"
    )


def test_the_list_of_verbs_ends_quietly_when_no_one_reads_it():
    reads, writes = os.pipe()
    os.close(reads)
    command = [sys.executable, "-m", "experiments"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=writes, stderr=subprocess.PIPE
    ) as process:
        os.close(writes)
        assert process.stderr.read() == b""
    assert process.returncode == 128 + signal.SIGPIPE
