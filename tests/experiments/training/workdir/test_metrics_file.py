import errno
import json
import math
from pathlib import Path

import pytest

from experiments.training.workdir.metrics_file import MetricsFile


@pytest.fixture
def file(tmp_path):
    return MetricsFile(tmp_path / "metrics.jsonl")


def test_metrics_after_the_checkpoint_are_forgotten(file):
    for step in (1, 2, 3):
        file.append({"step": step, "loss": step / 2})
    file.forget_after(2)
    lines = file.path.read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2]


def test_a_last_line_that_broke_off_is_left_out(file):
    file.path.write_text('{"step": 1}\n{"step": 2, "lo')
    assert file.lines() == [{"step": 1}]
    file.forget_after(5)
    assert file.path.read_text() == '{"step": 1}\n'


@pytest.mark.parametrize(
    "line",
    [
        *("7", "null", "[]", '"step"', "{}", '{"loss": 1}', "NaN", "\0\0\0", "\xff"),
        *('{"step": "2"}', '{"step": 2.5}', '{"step": true}', '{"step": -1}'),
        *('{"step": NaN}', '{"step": null}', "[" * 100_000, '{"step": 1' + "0" * 5000),
        '{"step": 1',
    ],
)
def test_a_line_that_is_no_object_with_a_step_is_named(file, line):
    content = f'{{"step": 1}}\n{line}\n{{"step": 3}}\n'
    file.path.write_bytes(content.encode("latin-1"))
    before = file.path.read_bytes()
    for read in (file.lines, lambda: file.forget_after(1)):
        with pytest.raises(ValueError, match=f"{file.path}, line 2: it must be a JSON"):
            read()
    assert file.path.read_bytes() == before


@pytest.mark.parametrize("blank", ["", "  ", "\r"])
def test_blank_lines_are_skipped(file, blank):
    file.path.write_text(f'{{"step": 1}}\n{blank}\n{{"step": 3}}\n\n')
    assert [line["step"] for line in file.lines()] == [1, 3]


def test_numbers_are_found_by_step(file):
    lines = [{"step": 1, "score": 12}, {"step": 2}, {"step": 3, "score": None}]
    file.path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert file.numbers("score") == {1: 12.0}
    assert file.numbers("other") == {}


@pytest.mark.parametrize("value", ["high", True, [1], math.nan, -math.inf])
def test_a_score_that_is_no_number_is_named(file, value):
    file.path.write_text(json.dumps({"step": 4, "score": value}) + "\n")
    with pytest.raises(
        ValueError, match=f"{file.path}, step 4: score must be a finite"
    ):
        file.numbers("score")


def test_a_number_that_is_not_finite_is_not_written(file):
    with pytest.raises(ValueError, match="not JSON compliant"):
        file.append({"step": 1, "loss": math.nan})
    assert not file.path.exists()


def test_a_full_disk_is_reported_with_the_file(file, monkeypatch):
    def no_space(*args, **others):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", no_space)
    with pytest.raises(OSError, match="No space left") as error:
        file.append({"step": 1})
    assert error.value.filename == str(file.path)
