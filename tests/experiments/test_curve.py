import json

import cv2
import numpy as np
import pytest
from verb_process import VerbProcess

from experiments.predictions.segmented_video import SegmentedFrame, SegmentedVideo
from experiments.predictions.smoothed_streams import (
    smoothed_streams,
    smoothing_strengths,
)

SIZE = (32, 48)
NUM_FRAMES = 12


@pytest.fixture
def still_scene(tmp_path, rng):
    """A static scene; a tenth of the predicted pixels is wrong, at random places."""
    image = cv2.GaussianBlur(
        rng.integers(0, 255, (*SIZE, 3)).astype(np.uint8), (5, 5), 2
    )
    label = np.zeros(SIZE, np.uint8)
    label[:, SIZE[1] // 2 :] = 1
    for name in ("images", "labels", "maps", "better"):
        (tmp_path / name).mkdir()
    for index in range(NUM_FRAMES):
        cv2.imwrite(f"{tmp_path}/images/{index:02}.png", image)
        cv2.imwrite(f"{tmp_path}/labels/{index:02}.png", label)
        for name, share in (("maps", 0.1), ("better", 0.05)):
            wrong = rng.random(SIZE) < share
            cv2.imwrite(f"{tmp_path}/{name}/{index:02}.png", label ^ wrong)
    return tmp_path


def test_curves_of_several_systems_are_scored_and_drawn(still_scene):
    with VerbProcess("flicker") as flicker:
        result = flicker(
            f"--predictions={still_scene}/maps",
            f"--predictions={still_scene}/better",
            f"--labels={still_scene}/labels",
            f"--images={still_scene}/images",
            "--num_classes=2",
            "--curve=0.75",
            f"--figures={still_scene}/figures",
            f"--json={still_scene}/out.json",
        )
    assert result.code == 0, result.err
    scores = json.loads((still_scene / "out.json").read_text())
    assert list(scores) == ["maps", "maps flow 0.75", "better", "better flow 0.75"]
    for system in ("maps", "better"):
        plain, smoothed = scores[system], scores[f"{system} flow 0.75"]
        # Nothing moves: what is wrong in single frames goes, and with it the flicker.
        assert smoothed["mfip"] < plain["mfip"] / 2
        assert smoothed["mean_iou"] > plain["mean_iou"]
    (picture,) = (still_scene / "figures").iterdir()
    assert picture.name == "accuracy_over_flicker.png"


@pytest.mark.parametrize("curve", ["", "0", "1", "-0.5", "nan", "a", "0.5,0.5"])
def test_other_strengths_are_refused(curve):
    with pytest.raises(ValueError, match="--curve must be different numbers"):
        smoothing_strengths(curve.split(","))


def test_frames_without_an_image_cannot_be_smoothed():
    frames = [SegmentedFrame("f", np.zeros(SIZE, np.uint8)) for _ in range(2)]
    videos = {"v": [SegmentedVideo("v", 2, lambda with_images: iter(frames))]}
    (smoothed,) = smoothed_streams(videos, 0.5)["v"]
    with pytest.raises(ValueError, match=r"frame f: --curve needs an image of every"):
        list(smoothed.read(False))
