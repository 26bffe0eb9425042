from dataclasses import replace

import numpy as np
import pytest

from data.files.images import read_image
from experiments.flicker_report.accuracy_over_flicker import (
    curves_of,
    save_accuracy_over_flicker,
)
from experiments.predictions.segmented_video import SegmentedFrame
from experiments.scoring.scores import ScoreSheet


@pytest.fixture
def scores(rng):
    labels = rng.integers(0, 3, (3, 12, 16)).astype(np.uint8)
    sheet = ScoreSheet(["a", "b", "c"])
    with sheet.video("v") as tally:
        for label in labels:
            tally.add(SegmentedFrame("f", np.roll(label, 1), label))
    return sheet.scores()


def test_names_with_a_number_at_the_end_are_one_curve():
    names = ["icnet", "icnet flow 0.5", "v2 flow 1", "icnet flow 0.25", "my run"]
    assert curves_of(dict.fromkeys(names)) == {
        "icnet": [(0.0, "icnet")],
        "icnet flow": [(0.25, "icnet flow 0.25"), (0.5, "icnet flow 0.5")],
        "v2 flow": [(1.0, "v2 flow 1")],
        "my run": [(0.0, "my run")],
    }


def test_picture_of_some_systems(tmp_path, scores):
    systems = {
        "icnet": replace(scores, mean_iou=50.0, mfp=75.0, mfip=45.0),
        "icnet flow 0.5": replace(scores, mean_iou=50.5, mfp=66.0, mfip=32.0),
        "icnet flow 0.75": replace(scores, mean_iou=50.6, mfp=62.0, mfip=27.0),
        "unlabelled": replace(scores, mean_iou=None, mfp=None),
        "$x$ 1": replace(scores, label_mfip=None, floor_mfp=None),
    }
    save_accuracy_over_flicker(tmp_path / "curve.png", systems)
    image = read_image(tmp_path / "curve.png")
    assert image.shape[1] > 1000
    assert image.std() > 5


def test_systems_without_labels_have_no_curve(tmp_path, scores):
    unlabelled = {"x": replace(scores, mean_iou=None, mfp=None)}
    with pytest.raises(ValueError, match="labels of consecutive frames"):
        save_accuracy_over_flicker(tmp_path / "curve.png", unlabelled)
    assert not list(tmp_path.iterdir())
