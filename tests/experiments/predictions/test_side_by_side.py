import numpy as np
import pytest
from random_runs import random_maps, segmented_video

from experiments.predictions.segmented_video import SegmentedVideo
from experiments.predictions.side_by_side import side_by_side


def test_runs_are_read_in_step_and_share_labels_and_images(rng):
    labels, predictions, images = random_maps(rng)
    others = random_maps(rng)[1]
    (video,) = side_by_side(
        {
            "bare": [segmented_video(predictions)],
            "full": [segmented_video(others, labels, images)],
        }
    )
    for with_images in (True, False):
        for k, frame in enumerate(video.frames(with_images)):
            np.testing.assert_array_equal(frame.label, labels[k])
            np.testing.assert_array_equal(frame.predictions["bare"], predictions[k])
            np.testing.assert_array_equal(frame.predictions["full"], others[k])
            if with_images:
                np.testing.assert_array_equal(frame.image, images[k])
            else:
                assert frame.image is None
        assert k == 5 and frame.name == "frame_005"


def test_images_are_read_from_one_run_only(rng):
    labels, predictions, images = random_maps(rng)
    asked = []

    def watched(run):
        inner = segmented_video(predictions, labels, images)

        def read(with_images):
            for frame in inner.read(with_images):
                asked.append((run, frame.image is not None))
                yield frame

        return SegmentedVideo("drive", 6, read)

    (video,) = side_by_side({"a": [watched("a")], "b": [watched("b")]})
    list(video.frames(True))
    assert asked.count(("a", True)) == 6 + 1  # one to see whether there are any
    assert asked.count(("b", True)) == 0
    assert asked.count(("b", False)) == 6


def test_videos_are_matched_by_name_and_a_single_one_by_itself(rng):
    predictions = [random_maps(rng)[1] for _ in range(3)]
    first, second = (segmented_video(predictions[k], name="ab"[k]) for k in (0, 1))
    matched = side_by_side({"x": [first, second], "y": [second, first]})
    assert [v.name for v in matched] == ["a", "b"]
    assert [v.runs["y"] for v in matched] == [first, second]
    alone = segmented_video(predictions[2], name="run_y/video")
    (video,) = side_by_side({"x": [first], "y": [alone]})
    assert video.name == "a" and video.runs["y"] is alone


def test_runs_that_do_not_fit_are_refused_with_a_sentence(rng):
    predictions = random_maps(rng)[1]
    a, b = (segmented_video(predictions, name=name) for name in "ab")
    shorter = segmented_video(predictions[:4], name="a")
    with pytest.raises(ValueError, match=r"at least one run"):
        side_by_side({})
    with pytest.raises(ValueError, match=r"every run must have a video"):
        side_by_side({"x": []})
    with pytest.raises(ValueError, match=r"x has 2 and y has 1, and b is in one"):
        side_by_side({"x": [a, b], "y": [a]})
    with pytest.raises(ValueError, match=r"a has 6 frames in run x and 4 in run y"):
        side_by_side({"x": [a], "y": [shorter]})
    with pytest.raises(ValueError, match="has no frame"):
        side_by_side({"x": [segmented_video(predictions[:0])]})


def test_frames_that_do_not_fit_are_refused_with_a_sentence(rng):
    _, predictions, images = random_maps(rng)
    a, lies = segmented_video(predictions), segmented_video(predictions[:4])
    lies = SegmentedVideo("drive", 6, lies.read)
    (video,) = side_by_side({"x": [a], "y": [lies]})
    with pytest.raises(ValueError, match="ends after 4 frames in run y"):
        list(video.frames(False))
    small = segmented_video(predictions[:, :10], None, images)
    with pytest.raises(
        ValueError,
        match=r"frame_000 of video drive .*run x is 10x32 .* and the image .* 20x32",
    ):
        list(side_by_side({"x": [small]})[0].frames(True))
