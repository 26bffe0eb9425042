import os
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest

from experiments.training.stopping import (
    NotFiniteError,
    StopOnSignal,
    StopTogether,
    check_finite,
)


@pytest.mark.parametrize(
    "number, expected",
    [(signal.SIGTERM, SystemExit), (signal.SIGINT, KeyboardInterrupt)],
)
def test_a_signal_is_noted_and_the_step_to_continue_from_is_said(
    number, expected, caplog
):
    with pytest.raises(expected), StopOnSignal(saved_step=3) as stop:
        os.kill(os.getpid(), number)
        assert stop.received == number
        stop.saved_step = 7
        stop.leave_if_received()
    assert "continues from step 7" in caplog.text
    assert signal.Signals(number).name in caplog.text


def test_without_a_signal_nothing_is_said(caplog):
    with StopOnSignal(0) as stop:
        stop.leave_if_received()
        with stop.interruptible():
            pass
    assert not caplog.records


def test_a_signal_to_another_process_stops_this_one_too():
    stop = StopOnSignal(0)
    others = iter([0, signal.SIGTERM])
    together = StopTogether(stop, lambda number: max(number, next(others)))
    together.set_model(keras.Model())
    together.model.stop_training = False
    together.on_train_batch_end(0)
    assert stop.received is None and not together.model.stop_training
    together.on_train_batch_end(1)
    assert stop.received is signal.SIGTERM and together.model.stop_training


def test_signals_are_exchanged_at_multiples_of_some_steps():
    stop = StopOnSignal(0)
    asked = []
    together = StopTogether(stop, lambda _: asked.append(1) or 0, start_step=3, every=4)
    for step in range(4, 10):
        together.on_train_batch_end(step)
        assert len(asked) == (step >= 4) + (step >= 8)


def test_with_other_processes_a_signal_ends_the_block_and_then_all_of_them():
    with StopOnSignal(0, num_processes=2) as stop:
        with stop.told_to_others(), stop.interruptible():
            os.kill(os.getpid(), signal.SIGTERM)
            pytest.fail("The block went on after the signal")
        assert stop.received is signal.SIGTERM
        with pytest.raises(SystemExit):
            stop.leave_if_received()


def test_a_process_alone_is_ended_by_the_signal():
    with pytest.raises(SystemExit), StopOnSignal(0) as stop, stop.told_to_others():
        with stop.interruptible():
            os.kill(os.getpid(), signal.SIGTERM)
        pytest.fail("The process went on after the signal")


def test_another_end_of_the_process_is_no_signal():
    with pytest.raises(SystemExit), StopOnSignal(0, num_processes=2) as stop:
        with stop.told_to_others():
            raise SystemExit(3)
        pytest.fail("The process went on")


def test_what_can_be_done_again_is_left_at_once():
    with pytest.raises(SystemExit), StopOnSignal(0) as stop, stop.interruptible():
        os.kill(os.getpid(), signal.SIGTERM)
        pytest.fail("The block went on after the signal")


def test_what_can_be_done_again_is_not_begun_after_a_signal():
    with pytest.raises(SystemExit), StopOnSignal(0) as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        with stop.interruptible():
            pytest.fail("The block was entered")


def test_a_second_signal_has_its_usual_effect():
    with pytest.raises(KeyboardInterrupt), StopOnSignal(0) as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.received == signal.SIGINT
        os.kill(os.getpid(), signal.SIGINT)


IGNORED = """
import os, signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
from experiments.training.stopping import StopOnSignal
with StopOnSignal(0) as stop:
    os.kill(os.getpid(), signal.SIGINT)
    print(stop.received)
"""


def test_a_signal_that_was_ignored_stays_so():
    run = subprocess.run(
        [sys.executable, "-c", IGNORED], capture_output=True, text=True, check=True
    )
    assert run.stdout == "None\n"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_weight_that_is_not_finite_is_named(value):
    good, bad = keras.Variable(np.zeros(3), name="a"), keras.Variable(np.zeros(3))
    check_finite([good, bad, keras.Variable(1, dtype="int32")], "here")
    bad.assign([0.0, value, 0.0])
    with pytest.raises(NotFiniteError, match=rf"The weights {bad.path} are not finite"):
        check_finite([good, bad], "here")
