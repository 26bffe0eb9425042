import numpy as np
import pytest

from lstm_icnet.video_consistency import VideoConsistency

VOID = 255


def naive_vc(videos, num_frames):
    shares = []
    for label, prediction in videos:
        for start in range(len(label) - num_frames + 1):
            labelled = stayed = 0
            for y, x in np.ndindex(label.shape[1:]):
                g = set(label[start : start + num_frames, y, x].tolist())
                s = set(prediction[start : start + num_frames, y, x].tolist())
                if len(g) == 1 and VOID not in g:
                    labelled += 1
                    stayed += len(s) == 1
            if labelled:
                shares.append(stayed / labelled)
    return 100 * sum(shares) / len(shares) if shares else None


def random_video(rng, time=12, change=0.15):
    """Two maps that change their class now and then, pixel by pixel."""
    maps = rng.integers(0, 3, (2, time, 4, 5), dtype=np.uint8)
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


@pytest.mark.parametrize("num_frames", [2, 3, 8])
def test_vc_equals_a_loop_over_pixels(num_frames, rng):
    videos = [random_video(rng, time) for time in (12, 9, 2)]
    assert vc(videos, num_frames) == pytest.approx(naive_vc(videos, num_frames))


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
