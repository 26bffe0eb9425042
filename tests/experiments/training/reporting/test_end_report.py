import zipfile

from experiments.training.reporting.end_report import end_report
from experiments.training.workdir.workdir import Workdir

LINES = [
    {"step": 2, "loss": 3.5},
    {"step": 2, "val_accuracy": 61.0, "val_mean_iou": 40.0, "val_mfp": None},
    {"step": 3, "loss": 2.25},
    {"step": 4, "val_accuracy": 60.0, "val_mean_iou": 30.0, "val_mfp": 7.04},
]


class FakeModel:
    def save(self, path):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("weights", "")


def finished(folder, lines=LINES):
    workdir = Workdir(folder)
    for step in (2, 4):
        checkpoint = workdir.save_checkpoint(FakeModel(), step)
        if step == 2 and lines is LINES:
            workdir.keep_as_best(checkpoint)
    for line in lines:
        workdir.metrics.append(line)
    return workdir


def test_the_best_and_the_last_checkpoint_are_rows(tmp_path):
    header, _, best, last, *_ = end_report(finished(tmp_path), {}).splitlines()
    assert header.split() == [
        "step",
        "loss",
        "accuracy",
        "%",
        "mIoU",
        "%",
        "mFP",
        "‰",
        "mFIP",
        "‰",
    ]
    assert best.split() == ["best.keras", "2", "3.5000", "61.0", "40.0", "-", "-"]
    assert last.split() == ["last.keras", "4", "-", "60.0", "30.0", "7.0", "-"]


def test_the_next_commands_can_be_typed_as_they_are(tmp_path):
    folder = tmp_path / "my run"
    text = end_report(finished(folder), {"dataset": "camvid", "data_dir": "/d/a b"})
    *_, tensorboard, _, evaluate = text.splitlines()
    assert tensorboard.strip() == f"tensorboard '--logdir={folder}/tensorboard'"
    assert evaluate.strip() == (
        f"python -m experiments.evaluate '--model_file={folder}/best.keras' "
        f"--dataset=camvid '--data_dir=/d/a b'"
    )
    assert f"{folder}/metrics.jsonl" in text and f"{folder}/flags.txt" in text


def test_without_scores_the_last_checkpoint_is_the_only_row(tmp_path):
    text = end_report(finished(tmp_path, [{"step": 4, "loss": 1.0}]), {})
    assert "best.keras" not in text
    assert "last.keras     4  1.0000" in text
