import io
import logging
import re
import sys
import time
from contextlib import closing
from types import SimpleNamespace

import pytest

from experiments.training.reporting import progress_bar
from experiments.training.reporting.progress_bar import ProgressBar


@pytest.fixture
def run(monkeypatch):
    """Standard error of a training of some steps, ten milliseconds each."""

    def run(is_terminal, steps=6, interval=0.0):
        stream = io.StringIO()
        stream.isatty = lambda: is_terminal
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setattr(progress_bar, "_BAR_SECONDS", 0.0)
        monkeypatch.setattr(progress_bar, "_LINE_SECONDS", interval)
        seconds = iter(range(10_000))
        clock = SimpleNamespace(
            perf_counter=lambda: next(seconds) / 100, monotonic=time.monotonic
        )
        monkeypatch.setattr(progress_bar, "time", clock)
        with closing(ProgressBar(2, 2 + steps, batch_size=4)) as bar:
            bar.set_model(SimpleNamespace(optimizer=SimpleNamespace(learning_rate=0.5)))
            bar._bar.mininterval = 0.0
            for _ in range(steps):
                bar.on_train_batch_begin(0)
                bar.on_train_batch_end(0, {"loss": 1.25})
        return stream.getvalue()

    return run


def test_the_bar_has_loss_rate_clips_per_second_and_time_left(run):
    last = run(is_terminal=True).split("\r")[-1]
    assert "8/8 [" in last and "<00:00" in last
    # Four clips in ten milliseconds.
    assert "loss=1.250, learning rate=0.5, clips/s=400" in last


def test_elsewhere_lines_tell_the_same(run, caplog):
    with caplog.at_level(logging.INFO, logger="absl"):
        assert run(is_terminal=False) == ""
    assert len(caplog.messages) == 6
    assert re.fullmatch(
        "Step 6 of 8: loss 1.250, learning rate 0.5, clips/s 400, time left 00:00",
        caplog.messages[3],
    )


def test_lines_come_once_a_minute_and_at_the_end(run, caplog):
    with caplog.at_level(logging.INFO, logger="absl"):
        run(is_terminal=False, interval=60.0)
    assert [message.split(":")[0] for message in caplog.messages] == ["Step 8 of 8"]
