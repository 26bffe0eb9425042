import cv2
import numpy as np
import pytest

from data.datasets.open_dataset import DATASETS
from data.labels.encodings import IGNORE_LABEL, IndexEncoding
from data.videos.clips import streams
from data.videos.video import Frame, Video
from experiments.presentation.flickering_video import FLICKER_COLOUR, SCENE_COLOUR
from experiments.training.reporting.clip_pictures import clip_sheet, evenly_spread
from experiments.training.validation import Validation
from lstm_icnet.network.icnet_model import build_icnet

INFO = DATASETS["camvid"].info
SKY, ROAD = INFO.classes.index("Sky"), INFO.classes.index("Road")
SIZE = (60, 100)  # height, width: a fourth of a panel's 400
WRONG = (255, 0, 200)


@pytest.fixture
def video(tmp_path):
    """Sky in the left half; the border moves by ten pixels a frame."""
    frames = []
    for t in range(6):
        label = np.full(SIZE, ROAD, np.uint8)
        label[:, : 50 + 10 * t] = SKY
        label[0] = 11  # void
        for kind, array in (("image", label * 20), ("label", label)):
            cv2.imwrite(str(tmp_path / f"{kind}{t}.png"), array)
        frames.append(
            Frame(str(tmp_path / f"image{t}.png"), str(tmp_path / f"label{t}.png"), t)
        )
    return Video("drive", tuple(frames), 1, IndexEncoding([*range(11), IGNORE_LABEL]))


def shares(sheet, colour):
    """Share of the pixels of each panel, in rows of two, that have a colour."""
    found = (sheet == colour).all(axis=-1)
    height, width = SIZE[0] * 4, SIZE[1] * 4
    # Letters of 18 pixels: captions take 32 and gaps 9, the title of 23 takes 41.
    tops = [73 + k * (height + 41) for k in range(3)]
    parts = [
        found[top : top + height, left : left + width]
        for top in tops
        for left in (0, width + 9)
    ]
    return [part.sum() / (height * width) for part in parts]


def test_a_sheet_shows_errors_and_flicker(video):
    (stream,) = streams([video])

    def all_sky(images):
        assert images.shape == (2, *SIZE, 3)
        return np.full(SIZE, SKY, np.uint8)

    sheet = clip_sheet(stream, 3, 2, INFO, all_sky)
    # A fifth of the pixels is road; a sixtieth has no label.
    wrong = shares(sheet, WRONG)
    assert wrong[3] == pytest.approx(0.2 * 59 / 60, abs=0.001)
    assert max(wrong[:3] + wrong[4:]) == 0
    assert max(shares(sheet, FLICKER_COLOUR)) == 0

    flickering = iter([SKY, ROAD])
    sheet = clip_sheet(
        stream, 3, 2, INFO, lambda images: np.full(SIZE, next(flickering), np.uint8)
    )
    # Every pixel changed, and with a tenth of those that have one, the label.
    assert shares(sheet, FLICKER_COLOUR)[5] == pytest.approx(
        1 - 0.1 * 59 / 60, abs=0.001
    )
    assert shares(sheet, SCENE_COLOUR)[5] == pytest.approx(0.1 * 59 / 60, abs=0.001)


def test_without_a_clip_before_it_a_frame_has_no_flicker(video):
    (stream,) = streams([video])
    sheet = clip_sheet(stream, 1, 2, INFO, lambda images: np.zeros(SIZE, np.uint8))
    assert max(shares(sheet, FLICKER_COLOUR)) == 0


def test_items_are_spread_evenly():
    assert evenly_spread(range(12), 3) == [2, 6, 10]
    assert evenly_spread("ab", 3) == ["a", "b"]
    assert evenly_spread("", 3) == []


def test_validation_draws_the_same_frames_every_time(video):
    network = build_icnet(len(INFO.classes), (97, 97), width_multiplier=0.1)
    validation = Validation(network, INFO, [video], 1)
    first, second = validation.pictures(), validation.pictures()
    # The fifth and the sixth have four frames, a clip of history, before them.
    assert list(first) == ["drive frame image4", "drive frame image5"] == list(second)
    for name, sheet in first.items():
        np.testing.assert_array_equal(sheet, second[name])
