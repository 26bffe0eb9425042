import naive_metrics
import numpy as np
import pytest
from naive_metrics import VOID

from lstm_icnet.flicker.consistency import VideoConsistency


def random_video(rng, time=12, height=4, width=5, change=0.15):
    """Two maps that change their class now and then, pixel by pixel."""
    maps = rng.integers(0, 3, (2, time, height, width), dtype=np.uint8)
    for t in range(1, time):
        stay = rng.random(maps[:, t].shape) > change
        maps[:, t][stay] = maps[:, t - 1][stay]
    maps[0, :, 0, :2] = VOID
    return maps[0], maps[1]


def vc(videos, num_frames):
    metric = VideoConsistency(num_frames)
    for label, prediction in videos:
        metric.update(label, prediction)
    return metric.result()


@pytest.mark.parametrize("num_frames", [2, 3, 8, 16])
def test_vc_equals_a_loop_over_pixels(num_frames, rng):
    sizes = [(18, 4, 5), (9, 4, 5), (16, 3, 7), (2, 1, 3)]
    videos = [random_video(rng, *size, change=0.05) for size in sizes]
    expected = naive_metrics.vc(videos, num_frames)
    assert 0 < expected < 100
    assert vc(videos, num_frames) == pytest.approx(expected)
    assert vc(videos[::-1], num_frames) == pytest.approx(expected)


def test_a_batch_is_its_videos_kept_apart(rng):
    videos = [random_video(rng) for _ in range(3)]
    batch = tuple(np.stack(part) for part in zip(*videos, strict=True))
    assert vc([batch], 8) == pytest.approx(naive_metrics.vc(videos, 8))


def test_ignored_pixels_do_not_count(rng):
    label, prediction = random_video(rng)
    other = np.where(label == VOID, rng.integers(0, 3, label.shape), prediction)
    assert (other != prediction).any()
    assert vc([(label, other)], 4) == vc([(label, prediction)], 4)
    metric = VideoConsistency(4, ignore_label=None)
    metric.update(label, other)
    assert metric.result() != vc([(label, other)], 4)


def test_every_window_weighs_the_same_however_much_of_it_is_ignored():
    label = np.array([[[0, 0, 0]], [[0, 0, 0]], [[0, 1, 1]]], np.uint8)
    prediction = np.array([[[0, 0, 0]], [[1, 1, 0]], [[1, 0, 0]]], np.uint8)
    # First window: 1 of 3 pixels stays; second: 1 of 1.
    assert vc([(label, prediction)], 2) == pytest.approx(100 * (1 / 3 + 1) / 2)


def test_the_last_window_counts():
    label = np.zeros((3, 1, 1), np.uint8)
    prediction = np.array([0, 0, 1], np.uint8).reshape(3, 1, 1)
    assert vc([(label, prediction)], 2) == 50


def test_predictions_that_stay_have_all_of_it(rng):
    label, prediction = random_video(rng)
    still = np.repeat(prediction[:1], len(prediction), axis=0)
    assert vc([(label, still)], 8) == 100
    perfect = np.where(label == VOID, 0, label)
    assert vc([(label, perfect)], 8) == 100


@pytest.mark.parametrize("seed", range(5))
def test_class_names_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    label, prediction = random_video(rng)
    table = np.full(256, VOID, np.uint8)
    table[:3] = rng.permutation(3)
    value = vc([(label, prediction)], 4)
    assert vc([(table[label], table[prediction])], 4) == value
    assert 0 <= value <= 100


def test_pieces_that_overlap_by_n_minus_one_equal_the_whole(rng):
    label, prediction = random_video(rng)
    first, second = VideoConsistency(4), VideoConsistency(4)
    first.update(label[:7], prediction[:7])
    second.update(label[4:], prediction[4:])
    first.merge(second)
    assert first.result() == pytest.approx(vc([(label, prediction)], 4))


def test_nothing_comes_of_short_or_ignored_videos(rng):
    label, prediction = random_video(rng)
    assert vc([(label[:7], prediction[:7])], 8) is None
    assert vc([(np.full_like(label, VOID), prediction)], 8) is None


def test_wrong_arguments_are_refused(rng):
    label, prediction = random_video(rng)
    with pytest.raises(ValueError, match="`num_frames` must be at least 2"):
        VideoConsistency(1)
    with pytest.raises(ValueError, match=r"\(time, height, width\)"):
        VideoConsistency().update(label[0], prediction[0])
    with pytest.raises(ValueError, match="same kind and settings"):
        VideoConsistency(8).merge(VideoConsistency(16))
