"""Signals that come while Python ignores exceptions end a verb nevertheless."""

import signal
import subprocess
import sys

import pytest
from checkout import ROOT

PROGRAM = """
import os, sys, time
from experiments.command_line import command

class InDestructor:
    def __del__(self):
        os.kill(os.getpid(), {number})
        for _ in range(1000):  # the handler runs here
            pass

def main():
    made = InDestructor()
    del made
    time.sleep(20)
    print("not ended")

command.run(main)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_a_destructor_ends_the_verb(number):
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(number=int(number))],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 128 + number
    assert "not ended" not in result.stdout
    assert "ignored" not in result.stderr


def test_other_errors_in_destructors_are_printed():
    program = PROGRAM.format(number=0).replace("os.kill(os.getpid(), 0)", "1 / 0")
    program = program.replace("time.sleep(20)", "")
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0 and "ZeroDivisionError" in result.stderr
