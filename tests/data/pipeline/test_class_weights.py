import cv2
import numpy as np
import pytest

from data.labels.encodings import IndexEncoding
from data.pipeline.class_weights import median_frequency
from data.readers.camvid import INFO, read_videos
from data.videos.video import Frame, Video

ENCODING = IndexEncoding([*range(6), *[255] * 250])


@pytest.fixture
def video(tmp_path):
    """`video(name, labels)`: its frames' label maps, `None` where there is none."""

    def make(name, *labels):
        frames = []
        for number, label in enumerate(labels):
            path = str(tmp_path / f"{name}_{number}.png")
            if label is not None:
                cv2.imwrite(path, np.array(label, np.uint8))
            frames.append(Frame("", None if label is None else path, number))
        return Video(name, tuple(frames), 1, ENCODING)

    return make


def test_weights_equal_those_worked_out_by_hand(video):
    videos = [
        video(
            "a", [[0, 0, 0, 0], [1, 1, 255, 255]], None, [[0, 0, 0, 0], [0, 0, 0, 0]]
        ),
        video("b", [[1, 2, 2, 2], [2, 255, 255, 255]]),
    ]
    # Class 0: 12 pixels of the 6 + 8 valid ones of its images; class 1: 3 of 6 + 5;
    # class 2: 4 of 5. Class 3 never occurs. The median is that of class 2.
    expected = (0.8 * 14 / 12, 0.8 * 11 / 3, 1.0, 0.0)
    assert median_frequency(videos, 4) == pytest.approx(expected, rel=1e-12)


def test_of_an_even_number_of_classes_the_median_lies_in_the_middle(video):
    videos = [video("a", [[0, 0, 0, 2]])]
    assert median_frequency(videos, 3, progress=False) == pytest.approx(
        (0.5 / 0.75, 0.0, 0.5 / 0.25), rel=1e-12
    )


def test_classes_that_are_equally_frequent_weigh_one(video):
    assert median_frequency([video("a", [[0, 1], [2, 3]])], 4) == (1, 1, 1, 1)


def test_a_class_beyond_the_last_is_named_with_its_file(video):
    videos = [video("a", [[0, 1]], [[0, 4]])]
    with pytest.raises(ValueError) as error:
        median_frequency(videos, 3)
    assert str(error.value) == (
        f"{videos[0].frames[1].label} holds the class 4; there are 3 classes, "
        f"counted from 0"
    )


def test_a_damaged_label_is_named(video):
    videos = [video("a", [[0, 1]], [[0, 1]])]
    with open(videos[0].frames[1].label, "wb") as file:
        file.write(b"\x89PNG")
    with pytest.raises(ValueError, match=r"a_1\.png cannot be read as an image"):
        median_frequency(videos, 3)


@pytest.mark.parametrize("labels", [[None], [[[255, 255]]], []])
def test_where_nothing_is_labelled_there_is_nothing_to_weight(labels, video):
    with pytest.raises(ValueError, match="The videos a hold no labelled pixel"):
        median_frequency([video("a", *labels)], 3)


def test_weights_of_a_real_drive_balance_its_classes(camvid_dir):
    videos = read_videos(str(camvid_dir), "val")
    weights = np.array(median_frequency(videos, len(INFO.classes)))
    labels = np.stack([cv2.imread(f.label, -1) for f in videos[0].frames])
    assert len(videos) == 1 and set(np.unique(labels)) <= set(range(12))  # 11 is void
    frequency = [
        (labels[(labels == k).any(axis=(1, 2))] == k).sum()
        / (labels[(labels == k).any(axis=(1, 2))] < 11).sum()
        for k in np.unique(labels[labels < 11])
    ]
    expected = np.zeros(11)
    expected[np.unique(labels[labels < 11])] = np.median(frequency) / frequency
    np.testing.assert_allclose(weights, expected, rtol=1e-12)
