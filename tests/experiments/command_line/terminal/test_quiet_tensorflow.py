import os
import signal
import subprocess
import sys

import pytest
from checkout import ROOT

from experiments.command_line.terminal.quiet_tensorflow import is_noise

NOISE = [
    "WARNING: All log messages before absl::InitializeLog() is called are written to S",
    "I0000 00:00:1795695803.808385   31160 port.cc:153] oneDNN custom operations are o",
    "I0000 00:00:1795696079.422780     312 cpu_feature_guard.cc:227] This TensorFlow b",
    "2026-01-05 10:00:00.123456: I tensorflow/core/platform/cpu_feature_guard.cc:210] ",
    "To enable the following instructions: AVX2 FMA, in other operations, rebuild Tens",
    "E0000 00:00:1795695806.355780   31160 cuda_platform.cc:52] failed call to cuInit:",
    "2026-01-05 10:00:00.123456: E external/cuda_fft.cc:485] Unable to register cuFFT f"
    "actory: Attempting to register factory for plugin cuFFT",
]
MESSAGES = [
    "E0000 00:00:1795695806.355780   31160 cuda_dnn.cc:52] Could not load libcudnn.so",
    "F0000 00:00:1795695806.355780   31160 cpu.cc:52] AVX512F is not available",
    "2026-01-05 10:00:00.123456: W tensorflow/core/gpu_device.cc:2251] Cannot dlopen s",
    "ImportError: libcudart.so.12: cannot open shared object file",
    "I am a message of another library",
]


@pytest.mark.parametrize("line", NOISE)
def test_start_messages_are_noise(line):
    assert is_noise(line.encode())


@pytest.mark.parametrize("line", MESSAGES)
def test_other_messages_are_shown(line):
    assert not is_noise(line.encode())


def import_tensorflow(folder, end, **environment):
    """Imports a module of this name that prints to the file of standard error."""
    lines = "".join(f"{line}\n" for line in [*NOISE, *MESSAGES])
    (folder / "tensorflow.py").write_text(
        f"import os\nos.write(2, {lines.encode()!r})\n{end}\n"
    )
    code = (
        "from experiments.command_line.terminal import quiet_tensorflow\n"
        "quiet_tensorflow.hide_start_messages()\n"
        "import logging, tensorflow, os\n"
        "os.write(2, b'afterwards')\n"
        "print(logging.getLevelName(logging.getLogger('tensorflow').level))"
    )
    known = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=known | environment | {"PYTHONPATH": f"{folder}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=60,
    )


VERB = """
import experiments  # as the new process does, which imports this module again
import multiprocessing

def job():
    import tensorflow

if __name__ == "__main__":
    from experiments.command_line.terminal import quiet_tensorflow
    quiet_tensorflow.hide_start_messages()
    process = multiprocessing.get_context("spawn").Process(target=job)
    process.start()
    process.join()
"""


def test_noise_is_removed_in_processes_that_a_verb_starts(tmp_path):
    lines = "".join(f"{line}\n" for line in [*NOISE, *MESSAGES])
    (tmp_path / "tensorflow.py").write_text(
        f"import os\nos.write(2, {lines.encode()!r})\n{QUIET_END}\n"
    )
    (tmp_path / "verb.py").write_text(VERB)
    known = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    result = subprocess.run(
        [sys.executable, tmp_path / "verb.py"],
        env=known | {"PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0
    assert result.stderr == f"{SHOWN}last"


QUIET_END = (
    "from types import SimpleNamespace\n"
    "config = SimpleNamespace(list_physical_devices=lambda: os.write(2, b'last'))"
)
SHOWN = "".join(f"{line}\n" for line in MESSAGES)


def test_noise_is_removed_from_standard_error_during_the_import(tmp_path):
    result = import_tensorflow(tmp_path, QUIET_END)
    assert result.returncode == 0
    assert result.stderr == f"{SHOWN}lastafterwards"
    assert result.stdout == "WARNING\n"  # of what TensorFlow logs from Python


def test_messages_before_an_error_are_shown(tmp_path):
    result = import_tensorflow(tmp_path, "raise ImportError('no library')")
    assert result.returncode == 1
    assert result.stderr.startswith(SHOWN)
    assert "ImportError: no library" in result.stderr


def test_messages_before_a_crash_are_shown(tmp_path):
    result = import_tensorflow(tmp_path, "os.abort()")
    assert result.returncode == -signal.SIGABRT
    assert result.stderr == SHOWN


def test_all_messages_are_shown_on_request(tmp_path):
    result = import_tensorflow(tmp_path, QUIET_END, TF_CPP_MIN_LOG_LEVEL="0")
    assert NOISE[0] in result.stderr
    assert result.stdout == "NOTSET\n"


@pytest.mark.parametrize("arguments", [["-m", "experiments.train"], ["-c"]])
def test_a_verb_that_imports_tensorflow_prints_nothing_to_standard_error(arguments):
    if arguments == ["-c"]:  # as the installed command does
        arguments = ["-c", "from experiments.__main__ import main; main()", "train"]
    known = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    result = subprocess.run(
        [sys.executable, *arguments, "--help"],
        cwd=ROOT,
        env=known | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert "--learning_rate" in result.stdout
