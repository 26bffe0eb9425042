import cv2
import numpy as np
import pytest

from data.labels import IndexEncoding
from data.streams import streams
from data.video import Frame, Video
from experiments.evaluation import evaluate
from lstm_icnet import flicker

CLASSES = ("a", "b", "c")
SIZE = (6, 9)


class Scripted:
    """A segmenter that answers from a list: one map per image, known by its red."""

    def __init__(self, answers, num_frames=1, num_classes=3):
        self.answers = answers
        self.num_frames = num_frames
        self.num_classes = num_classes
        self.calls = []

    def reset(self):
        self.calls.append("reset")

    def segment_frame(self, image):
        self.calls.append(int(image[0, 0, 0]))
        return self.answers[self.calls[-1]]

    def segment_clip(self, images):
        self.calls.append([int(image[0, 0, 0]) for image in images])
        return self.answers[self.calls[-1][-1]]


@pytest.fixture
def labels(rng):
    labels = rng.integers(0, 4, (8, *SIZE)).astype(np.uint8)
    labels[labels == 3] = 255
    return labels


def video(folder, labels, numbers, unlabelled=()):
    frames = []
    for i, number in enumerate(numbers):
        image = np.full((*SIZE, 3), i, np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), image)
        cv2.imwrite(str(folder / f"{number}_gt.png"), labels[i])
        label = None if number in unlabelled else str(folder / f"{number}_gt.png")
        frames.append(Frame(str(folder / f"{number}.png"), label, number))
    encoding = IndexEncoding([*range(3), *[-1] * 252, 255])
    return Video(folder.name, tuple(frames), 1, encoding)


def score(segmenter, videos, **kwargs):
    return evaluate(segmenter, streams(videos), CLASSES, progress=False, **kwargs)


def test_scores_equal_the_metrics_of_all_scored_frames(tmp_path, labels, rng):
    predictions = rng.integers(0, 3, labels.shape).astype(np.uint8)
    scores = score(Scripted(predictions), [video(tmp_path, labels, range(8))])
    confusion = flicker.ConfusionMatrix(3)
    confusion.update(labels[3:], predictions[3:])
    assert scores.num_frames == 5
    assert scores.num_pairs == 4
    assert scores.accuracy == pytest.approx(confusion.accuracy())
    assert scores.mean_iou == pytest.approx(confusion.mean_iou())
    assert scores.mfp == pytest.approx(flicker.mfp(labels[3:], predictions[3:]))
    assert scores.mfip == pytest.approx(flicker.mfip(predictions[3:]))
    assert list(scores.per_class_iou) == list(CLASSES)


def test_right_answers_score_full_marks(tmp_path, labels):
    truth = np.where(labels == 255, 0, labels).astype(np.uint8)
    scores = score(Scripted(truth), [video(tmp_path, labels, range(8))])
    assert (scores.accuracy, scores.mean_iou, scores.mfp) == (100.0, 100.0, 0.0)


def test_clips_hold_the_frames_before_and_streams_all_frames(tmp_path, labels):
    videos = [video(tmp_path, labels, range(5))]
    clips = Scripted(labels % 3, num_frames=2)
    score(clips, videos, mode="clip", num_frames=3)
    assert clips.calls == ["reset", [1, 2], [2, 3], [3, 4]]
    stream = Scripted(labels % 3, num_frames=2)
    score(stream, videos, mode="stream", num_frames=3)
    assert stream.calls == ["reset", 0, 1, 2, 3, 4]


def test_no_pair_spans_a_gap_or_two_videos(tmp_path, labels):
    for name in "ab":
        (tmp_path / name).mkdir()
    videos = [
        video(tmp_path / "a", labels, [0, 1, 2, 7, 8]),
        video(tmp_path / "b", labels, [0, 1]),
    ]
    scores = score(Scripted(labels % 3), videos, num_frames=1)
    assert (scores.num_frames, scores.num_pairs) == (7, 4)


def test_a_frame_without_a_label_is_not_scored_and_parts_a_pair(tmp_path, labels):
    videos = [video(tmp_path, labels, range(5), unlabelled=[2])]
    scores = score(Scripted(labels % 3), videos, num_frames=1)
    assert (scores.num_frames, scores.num_pairs) == (4, 2)


def test_scores_are_none_where_there_is_nothing_to_measure(tmp_path, labels):
    scores = score(Scripted(labels % 3), [video(tmp_path, labels, [0])], num_frames=1)
    assert scores.mfp is None
    assert scores.mfip is None
    assert scores.num_pairs == 0


@pytest.mark.parametrize(
    "segmenter, arguments, message",
    [
        (Scripted([], num_classes=5), {}, "5 classes and the data set has 3"),
        (Scripted([], num_frames=4), {"num_frames": 3}, "at least the network's 4"),
        (Scripted([]), {"mode": "both"}, "`mode` must be one of"),
        (Scripted([]), {"num_frames": 9}, "nothing to score"),
    ],
)
def test_what_cannot_be_scored_is_refused(
    tmp_path, labels, segmenter, arguments, message
):
    with pytest.raises(ValueError, match=message):
        score(segmenter, [video(tmp_path, labels, range(5))], **arguments)
