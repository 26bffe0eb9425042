import json
import subprocess
import sys

import pytest
from checkout import ROOT

from experiments.benchmarks.training import memory_benchmark
from experiments.benchmarks.training.memory_benchmark import Row, benchmark_memory


def hungry(sending, arguments):
    sending.send(len(bytes(arguments)))


def failing(sending, arguments):
    raise SystemExit(7)


def test_a_process_that_takes_too_much_is_ended(monkeypatch):
    monkeypatch.setattr(memory_benchmark, "_measure", endless)
    assert memory_benchmark._in_process(0, limit=100 << 20) == (None, None, None)


def endless(sending, arguments):
    held = []
    while True:
        held.append(bytearray(b"x" * (10 << 20)))


def test_a_process_that_fails_is_an_error(monkeypatch):
    monkeypatch.setattr(memory_benchmark, "_measure", failing)
    with pytest.raises(RuntimeError, match="exit code 7"):
        memory_benchmark._in_process(0, limit=8 << 30)


def test_what_a_process_sends_is_the_result(monkeypatch):
    monkeypatch.setattr(memory_benchmark, "_measure", hungry)
    assert memory_benchmark._in_process(1000, limit=8 << 30) == 1000


def test_the_peak_is_that_of_the_process():
    program = (
        "from experiments.benchmarks.training import memory_benchmark as m\n"
        "import os\n"
        "before = m._resident(os.getpid())\n"
        "x = bytearray(b'x' * (200 << 20)); del x\n"
        "print(m._peak() - before)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT
    )
    assert 190 << 20 < json.loads(run.stdout) < 440 << 20  # once or twice 200 MiB


def test_the_table_says_what_does_not_fit():
    rows = [
        Row("ICNet", False, "float32", 0.5, 3.25, 9.0),
        Row("v6 standard", True, "float32", None, None, None),
    ]
    text = memory_benchmark.describe(rows, (1024, 2048))
    assert "1024x2048" in text and "3.25" in text
    assert "does not fit" in text.splitlines()[-1]


@pytest.mark.slow
def test_recomputation_takes_less_memory():
    # At small sizes, making the graph takes more memory than computing it.
    plain, recomputed = benchmark_memory((1024, 2048), versions=[2])
    if plain.peak_gib is None:
        pytest.skip("this machine has not enough free memory")
    assert recomputed.peak_gib - recomputed.before_gib < 0.75 * (
        plain.peak_gib - plain.before_gib
    )
