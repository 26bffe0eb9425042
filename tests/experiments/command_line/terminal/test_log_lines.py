import ast
import io
import re
import sys

import pytest
from absl import flags, logging
from checkout import ROOT
from tqdm import tqdm

from experiments.command_line.terminal.log_lines import log_above_bars


class Terminal(io.StringIO):
    def __init__(self, is_one):
        super().__init__()
        self.isatty = lambda: is_one


@pytest.fixture
def printed(monkeypatch):
    """What a warning looks like while a bar is drawn."""

    def printed(is_terminal):
        terminal = Terminal(is_terminal)
        monkeypatch.setattr(sys, "stderr", terminal)
        flags.FLAGS.mark_as_parsed()
        handler = logging.get_absl_handler()
        monkeypatch.setattr(handler, "formatter", handler.formatter)
        monkeypatch.setattr(handler.python_handler, "formatter", None)
        monkeypatch.setattr(handler.python_handler, "emit", None)
        monkeypatch.setattr(handler.python_handler, "stream", terminal)
        log_above_bars()
        record = logging.get_absl_logger().makeRecord(
            "absl", 30, "loop.py", 1, "mean %d", (3,), None
        )
        with tqdm(total=2, disable=None, file=terminal, ncols=60) as bar:
            handler.handle(record)
            bar.update()
        return terminal.getvalue()

    return printed


def test_a_line_stands_above_the_bar(printed):
    text = printed(is_terminal=True)
    assert re.search(r"\r +\rWARNING: mean 3\n\r +0%", text)


def test_a_line_of_a_file_has_its_time_and_no_bar(printed):
    date = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    assert re.fullmatch(rf"{date} WARNING: mean 3\n", printed(is_terminal=False))


@pytest.mark.parametrize(
    "path, level, hides, shown",
    [
        ("tensorflow_datasets/core/logging.py", 20, "2", False),
        ("tensorflow/python/saved_model/save.py", 20, "2", False),
        ("tensorflow/python/saved_model/save.py", 20, "0", True),
        ("tensorflow/python/saved_model/save.py", 30, "2", True),
        ("tensorflow/experiments/training/loop.py", 20, "2", True),  # a folder's name
    ],
)
def test_messages_of_tensorflow_are_left_out_but_not_its_warnings(
    monkeypatch, path, level, hides, shown
):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", hides)
    python_handler = logging.get_absl_handler().python_handler
    monkeypatch.setattr(python_handler, "filters", [])
    monkeypatch.setattr(python_handler, "emit", None)
    log_above_bars()
    path = f"site-packages/{path}"
    record = logging.get_absl_logger().makeRecord("absl", level, path, 1, "x", (), None)
    assert bool(python_handler.filter(record)) == shown


def test_bars_are_drawn_on_terminals_only():
    """With `disable=None`, tqdm looks whether it writes to a terminal."""
    files = [f for room in ("data", "experiments") for f in (ROOT / room).rglob("*.py")]
    count = 0
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "tqdm":
                count += 1
                options = {k.arg: ast.unparse(k.value) for k in node.keywords}
                assert options.get("disable", "").endswith("None"), file
    assert count > 10
