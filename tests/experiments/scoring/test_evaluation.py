from dataclasses import replace
from functools import partial

import cv2
import numpy as np
import pytest

from data.labels.encodings import IndexEncoding
from data.videos.clips import streams
from data.videos.video import Frame, Video
from experiments.predictions.sources import Comparison, find_videos
from experiments.scoring.evaluation import evaluate, write_prediction
from experiments.scoring.score_videos import score_videos
from lstm_icnet import flicker

CLASSES = ("a", "b", "c")
SIZE = (6, 9)


class Scripted:
    """A segmenter that answers from a list: one map per image, known by its red."""

    def __init__(self, answers, num_frames=1, num_classes=3, image_size=None):
        self.answers = answers
        self.num_frames = num_frames
        self.num_classes = num_classes
        self.image_size = image_size or SIZE
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
        image = np.full((*labels[i].shape, 3), i, np.uint8)
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
        (Scripted([], num_classes=5), {}, "5 classes, but the data set has 3"),
        (Scripted([], num_frames=4), {"num_frames": 3}, "at least the network's 4"),
        (Scripted([]), {"mode": "both"}, "`mode` must be one of"),
        (Scripted([]), {"num_frames": 9}, "Nothing can be scored"),
    ],
)
def test_what_cannot_be_scored_is_refused(
    tmp_path, labels, segmenter, arguments, message
):
    with pytest.raises(ValueError, match=message):
        score(segmenter, [video(tmp_path, labels, range(5))], **arguments)


def test_the_state_is_reset_every_so_many_frames(tmp_path, labels):
    stream = Scripted(labels % 3)
    videos = [video(tmp_path, labels, [0, 1, 2, 3, 4, 7, 8, 9])]
    score(stream, videos, mode="stream", num_frames=1, reset_every=2)
    resets = [
        after
        for before, after in zip(stream.calls, stream.calls[1:], strict=False)
        if before == "reset" and after != "reset"
    ]
    # A gap after the fifth frame begins a stream of its own.
    assert resets == [0, 2, 4, 5, 7]


def test_without_any_label_frames_are_scored_by_what_needs_none(tmp_path, labels, rng):
    predictions = rng.integers(0, 3, labels.shape).astype(np.uint8)
    videos = [video(tmp_path, labels, range(8), unlabelled=range(8))]
    scores = score(Scripted(predictions), videos, num_frames=3)
    assert scores.mfip == pytest.approx(flicker.mfip(predictions[2:]))
    assert (scores.num_frames, scores.num_pairs) == (6, 5)
    assert (scores.num_labelled_frames, scores.num_labelled_pairs) == (0, 0)
    assert scores.accuracy is scores.mean_iou is scores.mfp is scores.vc8 is None
    assert scores.confusion_matrix is None
    assert set(scores.per_class_iou.values()) == {None}


def test_every_frame_adds_pairs_where_labels_are_few(tmp_path, labels, rng):
    predictions = rng.integers(0, 3, labels.shape).astype(np.uint8)
    videos = [video(tmp_path, labels, range(8), unlabelled={0, 1, 2, 3, 4, 6, 7})]
    few = score(Scripted(predictions), videos, num_frames=2)
    assert (few.num_frames, few.mfip) == (1, None)
    every = score(Scripted(predictions), videos, num_frames=2, every_frame=True)
    assert every.accuracy == few.accuracy
    assert every.mfp is None
    assert every.mfip == pytest.approx(flicker.mfip(predictions[1:]))
    assert (every.num_frames, every.num_labelled_frames) == (7, 1)


def test_tc_takes_flow_between_the_images_that_are_scored(tmp_path, labels):
    labels = np.kron(labels, np.ones((4, 4), np.uint8))
    predictions = labels % 3
    scores = score(
        Scripted(predictions),
        [video(tmp_path, labels, range(8))],
        num_frames=6,
        with_tc=True,
    )
    # The images are even, so nothing moves, and TC is the IoU of neighbouring maps.
    confusion = flicker.ConfusionMatrix(3, ignore_label=None)
    confusion.update(predictions[5:7], predictions[6:8])
    assert scores.tc == pytest.approx(confusion.mean_iou())


def test_predictions_that_are_scored_are_handed_on(tmp_path, labels):
    predictions = labels % 3
    seen = []
    score(
        Scripted(predictions),
        [video(tmp_path, labels, range(5), unlabelled=[3])],
        num_frames=2,
        mode="stream",
        on_prediction=lambda stream, frame, found: seen.append(
            (stream.video.name, frame.name, found)
        ),
    )
    assert [name for _, name, _ in seen] == ["1", "2", "4"]
    assert {name for name, _, _ in seen} == {tmp_path.name}
    np.testing.assert_array_equal(seen[-1][2], predictions[4])


def test_a_prediction_of_no_class_names_the_frame(tmp_path, labels):
    with pytest.raises(ValueError, match=r"0\.png: Predictions must be in 0\.\.2"):
        score(Scripted(labels % 3 + 7), [video(tmp_path, labels, [0])], num_frames=1)


@pytest.mark.parametrize("arguments", [{"reset_every": 2}, {"reset_every": -1}])
def test_a_reset_without_a_stream_is_refused(tmp_path, labels, arguments):
    with pytest.raises(ValueError, match="`reset_every` must be 0, or positive in"):
        score(Scripted(labels % 3), [video(tmp_path, labels, range(5))], **arguments)


@pytest.mark.parametrize("every_frame", [False, True])
def test_predictions_that_are_written_score_the_same(
    tmp_path, labels, rng, every_frame
):
    predictions = rng.integers(0, 3, labels.shape).astype(np.uint8)
    videos = []
    for name, unlabelled in (("a", {4}), ("b/c", {0, 1, 5})):
        (tmp_path / name).mkdir(parents=True)
        numbers = [0, 1, 2, 3, 4, 5, 7, 8]
        found = video(tmp_path / name, labels, numbers, unlabelled)
        videos.append(replace(found, name=name))
    scores = score(
        Scripted(predictions, num_frames=2),
        videos,
        num_frames=2,
        with_tc=True,
        every_frame=every_frame,
        on_prediction=partial(write_prediction, tmp_path / "maps"),
    )
    systems, _ = find_videos(
        {"ours": str(tmp_path / "maps")},
        Comparison(dataset="folder", videos=videos, num_classes=3),
    )
    found = score_videos(systems["ours"], CLASSES, with_images=True, progress=False)
    assert found == scores
    assert scores.num_labelled_frames == 5 + 4
    assert scores.num_frames == (12 if every_frame else 9)


def test_floor_is_that_of_the_size_of_the_network(tmp_path, labels, rng):
    labels[labels == 255] = 0
    size = [4 * side for side in SIZE]  # its outputs are as fine as the labels
    one_video = [video(tmp_path, labels, range(8))]
    fine, coarse = (
        score(Scripted(labels, image_size=s), one_video, num_frames=1)
        for s in (size, SIZE)
    )
    assert (fine.floor_mean_iou, fine.floor_mfp) == (100, 0)
    assert fine.floor_mfip == fine.label_mfip == fine.mfip
    assert coarse.floor_mean_iou < 100
    assert coarse.floor_mfp > 0
    assert fine.stale_rate == 0
