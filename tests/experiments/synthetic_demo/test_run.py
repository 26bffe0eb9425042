import json

import cv2
import pytest

from experiments.synthetic_demo.run import Demo, run_demo

TINY = Demo(
    image_size=(97, 128),
    train_videos=2,
    train_frames=5,
    heldout_videos=1,
    heldout_frames=10,
    icnet_steps=2,
    lstm_steps=1,
)


@pytest.mark.slow
def test_the_demo_leaves_table_picture_video_and_export(tmp_path, capsys):
    scores = run_demo(TINY, tmp_path)
    names = ["colour classifier", "ICNet", "LSTM-ICNet v2 separable"]
    assert list(scores) == names
    printed = capsys.readouterr().out
    assert all(name in printed for name in names)
    assert list(json.loads((tmp_path / "scores.json").read_text())) == names
    assert {s.num_frames for s in scores.values()} == {7}
    assert cv2.imread(str(tmp_path / "flicker.png")) is not None
    video = cv2.VideoCapture(str(tmp_path / "segmented.mp4"))
    assert int(video.get(cv2.CAP_PROP_FRAME_COUNT)) == 10
    assert (tmp_path / "exported" / "saved_model" / "saved_model.pb").is_file()
    # Again: everything is there, nothing is trained, the scores are the same.
    again = run_demo(TINY, tmp_path)
    assert again["ICNet"] == scores["ICNet"]
