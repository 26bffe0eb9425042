import naive_metrics
import numpy as np
import pytest

from lstm_icnet.flicker.consistency import TemporalConsistency
from lstm_icnet.flicker.optical_flow import dense_flow, warp

NUM_CLASSES = 4


def random_video(rng, time=4, height=6, width=8):
    shape = (time, height, width)
    prediction = rng.integers(0, NUM_CLASSES - 1, shape, dtype=np.uint8)
    flow = rng.normal(0, 2, (time - 1, height, width, 2)).astype(np.float32)
    # Halves, whose rounding is a matter of definition.
    half = rng.random(flow.shape) < 0.2
    flow[half] = np.floor(flow[half]) + 0.5
    flow[rng.random(flow.shape) < 0.05] = np.nan
    flow[0, 0, 0] = np.inf
    return prediction, flow


def tc(prediction, flow):
    metric = TemporalConsistency(NUM_CLASSES)
    metric.update(prediction, flow)
    return metric.result()


@pytest.mark.parametrize("size", [(2, 3, 4), (4, 6, 8), (3, 17, 5), (6, 2, 31)])
def test_tc_equals_a_loop_over_pixels(size, rng):
    video = random_video(rng, *size)
    assert tc(*video) == pytest.approx(naive_metrics.tc([video], NUM_CLASSES))


def test_a_batch_is_its_videos_kept_apart(rng):
    videos = [random_video(rng) for _ in range(3)]
    batch = [np.stack(part) for part in zip(*videos, strict=True)]
    expected = pytest.approx(naive_metrics.tc(videos, NUM_CLASSES))
    assert tc(*batch) == expected
    one_by_one = TemporalConsistency(NUM_CLASSES)
    for video in reversed(videos):
        one_by_one.update(*video)
    assert one_by_one.result() == expected


def test_tc_is_whole_where_classes_move_with_the_flow():
    prediction = np.zeros((5, 12, 20), np.uint8)
    flow = np.zeros((4, 12, 20, 2), np.float32)
    for t in range(5):
        prediction[t, 2 + t : 6 + t, 2 * t : 2 * t + 5] = 1
        if t < 4:
            flow[t] = 2, 1
    assert tc(prediction, flow) == 100
    # The same motion without the flow, or with its axes exchanged, is none.
    assert tc(prediction, 0 * flow) < 80
    assert tc(prediction, flow[..., ::-1]) < 80


@pytest.mark.parametrize("seed", range(5))
def test_class_names_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    prediction, flow = random_video(rng)
    renamed = rng.permutation(NUM_CLASSES)[prediction]
    assert tc(renamed, flow) == pytest.approx(tc(prediction, flow))
    assert 0 <= tc(prediction, flow) <= 100


def test_constant_predictions_have_all_of_it(rng):
    prediction, flow = random_video(rng)
    assert tc(np.full_like(prediction, 2), flow) == 100


def test_pixels_without_a_source_are_left_out():
    frame = np.array([[1, 2, 3]], np.uint8)
    flow = np.zeros((1, 3, 2), np.float32)
    flow[..., 0] = 1
    warped, valid = warp(frame, flow)
    assert warped.tolist() == [[2, 3, 0]]
    assert valid.tolist() == [[True, True, False]]
    flow[0, 0] = np.nan
    assert warp(frame, flow)[1].tolist() == [[False, True, False]]


def test_warping_invents_no_class():
    frame = np.array([[0, 3]], np.uint8)
    flow = np.full((1, 2, 2), 0.4, np.float32)
    assert set(warp(frame, flow)[0].ravel()) == {0, 3}


def test_windows_that_overlap_by_a_frame_equal_the_whole(rng):
    prediction, flow = random_video(rng, time=5)
    first, second = TemporalConsistency(NUM_CLASSES), TemporalConsistency(NUM_CLASSES)
    first.update(prediction[:3], flow[:2])
    second.update(prediction[2:], flow[2:])
    first.merge(second)
    assert first.result() == pytest.approx(tc(prediction, flow))


def test_single_frame_gives_nothing(rng):
    prediction, flow = random_video(rng)
    assert tc(prediction[:1], flow[:0]) is None
    assert tc(prediction[None, :1], flow[None, :0]) is None
    assert tc(prediction[:0], flow[:0]) is None
    assert tc(prediction, np.full_like(flow, np.nan)) is None


def test_wrong_shapes_are_refused(rng):
    prediction, flow = random_video(rng)
    with pytest.raises(ValueError, match=r"`flow` must .*\(2, 6, 8, 2\), \(4, 6, 8\)"):
        tc(prediction, flow[1:])
    with pytest.raises(ValueError, match="must be"):
        tc(prediction[0], flow)
    with pytest.raises(ValueError, match="with a batch axis in front"):
        tc(prediction[None], flow)


def test_estimated_flow_follows_a_moving_picture(rng):
    coarse = rng.integers(0, 256, (24, 32, 3), dtype=np.uint8)
    picture = np.kron(coarse, np.ones((6, 6, 1), np.uint8))
    images = [picture[4 + t : 100 + t, 20 - 3 * t : 148 - 3 * t] for t in range(3)]
    flow = dense_flow(np.stack(images))
    assert flow.shape == (2, 96, 128, 2) and flow.dtype == np.float32
    # The window moves left and down, so the picture moves right and up; half a pixel
    # is what the nearest neighbour needs.
    inner = flow[:, 16:-16, 16:-16]
    np.testing.assert_allclose(np.median(inner, axis=(0, 1, 2)), [3, -1], atol=0.5)


@pytest.mark.parametrize("size", [(16, 16), (16, 31), (16, 333), (40, 16)])
def test_flow_of_small_images_and_of_strips_is_estimated(size, rng):
    images = rng.integers(0, 256, (2, *size, 3), dtype=np.uint8)
    assert np.isfinite(dense_flow(images)).all()


@pytest.mark.parametrize("size", [(15, 64), (64, 15), (1, 1)])
def test_images_that_would_end_the_process_are_refused(size):
    images = np.zeros((2, *size, 3), np.uint8)
    with pytest.raises(ValueError, match=r"at least 16 rows and columns\. Received: "):
        dense_flow(images)
