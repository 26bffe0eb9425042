import json
from types import SimpleNamespace

import cv2
import pytest

from experiments.synthetic_demo import run
from experiments.synthetic_demo.run import describe_seeds, run_demo, run_seeds
from experiments.synthetic_demo.trainings import Demo

TINY = Demo(
    image_size=(97, 128),
    train_videos=2,
    train_frames=5,
    heldout_videos=1,
    heldout_frames=10,
    shown_size=(98, 130),
    shown_frames=6,
    icnet_steps=2,
    lstm_steps=1,
)


@pytest.mark.slow
def test_the_demo_leaves_table_video_picture_report_and_export(tmp_path, capsys):
    scores = run_demo(TINY, tmp_path)
    networks = ["ICNet", "LSTM-ICNet v2 separable"]
    smoothed = [f"{name}, smoothed" for name in networks]
    names = ["colour classifier", networks[0], smoothed[0], networks[1], smoothed[1]]
    assert list(scores) == names
    *_, video, picture, report = capsys.readouterr().out.splitlines()
    files = [line.split(maxsplit=1) for line in (video, picture, report)]
    assert files == [
        ["video", str(tmp_path / "comparison.mp4")],
        ["picture", str(tmp_path / "flicker.png")],
        ["report", str(tmp_path / "report" / "report.html")],
    ]
    assert list(json.loads((tmp_path / "scores.json").read_text())) == names
    assert {s.num_frames for s in scores.values()} == {7}
    assert cv2.imread(files[1][1]) is not None
    capture = cv2.VideoCapture(files[0][1])
    frames = []
    while (frame := capture.read())[0]:
        frames.append(frame[1])
    assert len(frames) == TINY.shown_frames
    height, width = frames[0].shape[:2]
    assert height > 2 * 98 and width > 3 * 130  # three panels beside each other
    assert "ICNet" in (tmp_path / "report" / "report.html").read_text()
    assert (tmp_path / "exported" / "saved_model" / "saved_model.pb").is_file()
    assert "--steps=2" in (tmp_path / "icnet" / "flags.txt").read_text().splitlines()
    # Again: everything is there, nothing is trained, the scores are the same.
    again = run_demo(TINY, tmp_path)
    assert again["ICNet"] == scores["ICNet"]


def figures(accuracy, mfp):
    return SimpleNamespace(accuracy=accuracy, mean_iou=50.0, mfp=mfp, mfip=70.0)


def test_seeds_are_summed_up_by_mean_and_standard_deviation():
    scores = {
        0: {"ICNet": figures(1.0, 10.0)},
        1: {"ICNet": figures(2.0, 30.0)},
        2: {"ICNet": figures(3.0, None)},
    }
    *_, row = describe_seeds(scores).splitlines()
    assert " ".join(row.split()) == "ICNet 2.0 ± 1.0 50.0 ± 0.0 - 70.0 ± 0.0"


def test_every_seed_is_trained_in_a_folder_of_its_own(tmp_path, monkeypatch, capsys):
    def train_and_score(demo, out_dir):
        assert out_dir == tmp_path / f"seed_{demo.seed}"
        assert demo.icnet_steps == TINY.icnet_steps
        return SimpleNamespace(scores={"ICNet": figures(10.0 * demo.seed, 1.0)})

    monkeypatch.setattr(run, "_train_and_score", train_and_score)
    scores = run_seeds(TINY, [3, 5], tmp_path)
    assert {seed: found["ICNet"].accuracy for seed, found in scores.items()} == {
        3: 30.0,
        5: 50.0,
    }
    assert "40.0 ± 14.1" in capsys.readouterr().out  # 10 times the square root of two
