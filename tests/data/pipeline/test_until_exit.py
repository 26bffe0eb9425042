import subprocess
import sys

from checkout import ROOT

from data.pipeline import until_exit as module
from data.pipeline.until_exit import until_exit


def test_calls_go_through_and_their_errors_too():
    @until_exit(instead=None)
    def divide(a, b):
        return a / b

    assert divide(6, 3) == 2
    try:
        divide(1, 0)
    except ZeroDivisionError as error:
        assert "division" in str(error)
    assert module._running == 0


def test_once_the_process_ends_the_function_is_not_called(monkeypatch):
    calls = []
    guarded = until_exit(instead="nothing")(calls.append)
    monkeypatch.setattr(module._closing, "is_set", lambda: True)
    assert guarded(1) == "nothing" and calls == []


def test_a_process_waits_for_the_call_that_runs():
    script = """
import threading, time
from data.pipeline.until_exit import until_exit

@until_exit(instead=None)
def slow():
    entered.set()
    time.sleep(0.3)
    print("done", flush=True)

entered = threading.Event()
threading.Thread(target=slow, daemon=True).start()
entered.wait()
"""
    result = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.stdout == "done\n", result.stderr
