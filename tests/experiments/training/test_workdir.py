import json

import pytest

from experiments.training.workdir import Workdir


class FakeModel:
    def save(self, path):
        path.write_text("weights")


def test_a_workdir_is_made_when_first_written_to(tmp_path):
    workdir = Workdir(tmp_path / "run")
    assert workdir.newest_checkpoint() == (0, None)
    assert workdir.metrics() == []
    assert not (tmp_path / "run").exists()
    workdir.write_flags("--steps=3\n")
    assert (tmp_path / "run" / "flags.txt").read_text() == "--steps=3\n"


def test_the_newest_two_checkpoints_stay(tmp_path):
    workdir = Workdir(tmp_path)
    for step in (5, 10, 100):
        workdir.save_checkpoint(FakeModel(), step)
    names = sorted(file.name for file in workdir.checkpoints.iterdir())
    assert names == ["step_00000010.keras", "step_00000100.keras"]
    assert workdir.newest_checkpoint() == (100, workdir.checkpoints / names[1])
    assert workdir.last.read_text() == "weights"


def test_the_best_checkpoint_outlives_its_file(tmp_path):
    workdir = Workdir(tmp_path)
    workdir.save_checkpoint(FakeModel(), 1)
    workdir.keep_as_best()
    for step in (2, 3, 4):
        workdir.save_checkpoint(FakeModel(), step)
    assert workdir.best.read_text() == "weights"


def test_a_save_that_fails_leaves_the_last_checkpoint(tmp_path):
    class Failing:
        def save(self, path):
            path.write_text("half")
            raise OSError("disk full")

    workdir = Workdir(tmp_path)
    workdir.save_checkpoint(FakeModel(), 1)
    with pytest.raises(OSError, match="disk full"):
        workdir.save_checkpoint(Failing(), 2)
    assert workdir.newest_checkpoint()[0] == 1
    assert workdir.last.read_text() == "weights"
    assert [file.name for file in workdir.checkpoints.iterdir()] == [
        "step_00000001.keras"
    ]


def test_metrics_after_the_checkpoint_are_forgotten(tmp_path):
    workdir = Workdir(tmp_path)
    workdir.write_flags("")
    for step in (1, 2, 3):
        workdir.append_metrics({"step": step, "loss": step / 2})
    workdir.forget_metrics_after(2)
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2]


def test_a_line_that_broke_off_ends_the_metrics(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"step": 1}\n{"step": 2, "lo')
    assert Workdir(tmp_path).metrics() == [{"step": 1}]


def test_a_file_is_no_workdir(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(FileExistsError, match="is a file"):
        Workdir(file)


def test_a_blank_line_hides_no_metrics(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"step": 1}\n\n  \n{"step": 2}\n')
    assert Workdir(tmp_path).metrics() == [{"step": 1}, {"step": 2}]


@pytest.mark.parametrize(
    "line",
    [
        "7",
        "null",
        "[1]",
        '{"loss": 1}',
        '{"step": "one"}',
        '{"step": 1, "val_mean_iou": "high"}',
        '{"step": 1',
        "[" * 100_000,
        "\x00",
    ],
)
def test_a_line_of_anything_else_is_named(line, tmp_path):
    file = tmp_path / "metrics.jsonl"
    file.write_text(f'{{"step": 1}}\n{line}\n{{"step": 2}}\n')
    with pytest.raises(ValueError, match=f"{file}, line 2: it must be a JSON object"):
        Workdir(tmp_path).metrics()
