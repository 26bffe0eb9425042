import numpy as np
import pytest

from experiments.predictions.segmented_video import SegmentedFrame
from experiments.scoring.tally import Tally
from lstm_icnet import flicker
from lstm_icnet.flicker.consistency import TemporalConsistency
from lstm_icnet.flicker.optical_flow import dense_flow


def frame(prediction, label=None, **rest):
    label = None if label is None else np.array(label, np.uint8)
    return SegmentedFrame("f", np.array(prediction, np.uint8), label, **rest)


def tally_of(*streams, num_classes=3, encoding="label"):
    tally = Tally(num_classes, encoding)
    for stream in streams:
        for each in stream:
            tally.add(each)
        tally.end_stream()
    return tally


def figures(tally):
    return [metric.result() for metric in (tally.mfp, tally.mfip, tally.tc)] + [
        tally.confusion.accuracy(),
        tally.confusion.mean_iou(),
        *(metric.result() for metric in tally.vc.values()),
    ]


def random_stream(rng, count, num_classes=3, ignored=0.1):
    labels = rng.integers(0, num_classes, (count, 5, 7)).astype(np.uint8)
    labels[1:][rng.random(labels[1:].shape) < 0.5] = 0
    labels[rng.random(labels.shape) < ignored] = 255
    predictions = rng.integers(0, num_classes, labels.shape).astype(np.uint8)
    return labels, predictions


def frames_of(labels, predictions):
    return [frame(p, g) for g, p in zip(labels, predictions, strict=True)]


def test_three_frames_of_four_pixels_by_hand():
    labels = [[[0, 1], [1, 255]], [[0, 1], [1, 255]], [[0, 0], [1, 1]]]
    predictions = [[[0, 0], [1, 2]], [[0, 1], [2, 2]], [[1, 0], [2, 1]]]
    tally = tally_of(frames_of(labels, predictions))
    # Right: (0,0) and (1,0) of frame 0, (0,0) and (0,1) of 1, (0,1) and (1,1) of 2.
    assert tally.confusion.accuracy() == pytest.approx(100 * 6 / 10)
    # Of labels 0: three right, one predicted 1; of labels 1: three right, one as 0, two
    # as 2. Unions: 4 + 1, 6 + 1, 2.
    ious = tally.confusion.per_class_iou()
    assert ious == pytest.approx([100 * 3 / 5, 100 * 3 / 7, 0])
    # Errors G + 1 of three counted pixels: [., 2, 0] -> [., 0, 2]: two of three change;
    # then [0, 0, 2, ignored] -> [1, 0, 2, .]: one of three.
    assert tally.mfp.result() == pytest.approx(1000 * (2 / 3 + 1 / 3) / 2)
    # (0,1) and (1,0) of four change, then (0,0), (0,1) and (1,1).
    assert tally.mfip.result() == pytest.approx(1000 * (2 / 4 + 3 / 4) / 2)
    assert (tally.num_frames, tally.mfip.num_pairs, tally.mfp.num_pairs) == (3, 2, 2)


@pytest.mark.parametrize("encoding", ["label", "prediction"])
@pytest.mark.parametrize("count", [1, 2, 7, 8, 16, 17, 33, 50])
def test_frame_by_frame_equals_the_metrics_of_the_whole(count, encoding, rng):
    labels, predictions = random_stream(rng, count)
    tally = tally_of(frames_of(labels, predictions), encoding=encoding)
    assert tally.mfp.result() == pytest.approx(
        flicker.mfp(labels, predictions, encoding)
    )
    assert tally.mfip.result() == pytest.approx(flicker.mfip(predictions))
    for n, metric in tally.vc.items():
        assert metric.num_windows <= max(0, count - n + 1)
        assert metric.result() == pytest.approx(naive_vc(labels, predictions, n))


def naive_vc(labels, predictions, n):
    shares = []
    for end in range(n, len(labels) + 1):
        g, p = labels[end - n : end], predictions[end - n : end]
        constant = (g == g[0]).all(axis=0) & (g[0] != 255)
        if constant.any():
            shares.append((p == p[0]).all(axis=0)[constant].mean())
    return 100 * np.mean(shares) if shares else None


def test_vc_sees_predictions_that_stay_over_many_pieces(rng):
    labels = np.zeros((60, 4, 4), np.uint8)
    predictions = np.zeros_like(labels)
    predictions[30, 0, 0] = 1
    tally = tally_of(frames_of(labels, predictions))
    for n, metric in tally.vc.items():
        assert metric.num_windows == 61 - n
        # The pixel is not constant in the windows that hold frame 30 and another one.
        assert metric.result() == pytest.approx(100 * (1 - n / (61 - n) / 16))


def test_streams_are_kept_apart_and_merged_weighing_every_pair(rng):
    streams = [random_stream(rng, count) for count in (9, 1, 20, 3)]
    together = tally_of(*(frames_of(*stream) for stream in streams))
    merged = Tally(3)
    for stream in reversed(streams):
        merged.merge(tally_of(frames_of(*stream)))
    assert figures(merged) == pytest.approx(figures(together))
    assert merged.mfip.num_pairs == together.mfip.num_pairs == 8 + 0 + 19 + 2
    pairs = [flicker.mfip(p[t : t + 2]) for _, p in streams for t in range(len(p) - 1)]
    assert merged.mfip.result() == pytest.approx(np.mean(pairs))


def test_a_frame_without_label_parts_what_needs_labels_alone(rng):
    labels, predictions = random_stream(rng, 5)
    frames = frames_of(labels, predictions)
    frames[2] = frame(predictions[2])
    tally = tally_of(frames)
    assert tally.mfip.result() == pytest.approx(flicker.mfip(predictions))
    expected = [flicker.mfp(labels[t : t + 2], predictions[t : t + 2]) for t in (0, 3)]
    assert tally.mfp.result() == pytest.approx(np.mean(expected))
    assert (tally.num_frames, tally.num_labelled_frames) == (5, 4)


def test_a_missing_label_ends_the_windows_of_vc(rng):
    labels, predictions = random_stream(rng, 20, ignored=0)
    labels[:] = 1
    frames = frames_of(labels, predictions)
    frames[10] = frame(predictions[10])
    tally = tally_of(frames)
    assert tally.vc[8].num_windows == 3 + 2
    assert tally.vc[16].num_windows == 0


def test_tc_prefers_given_flow_to_images(rng):
    shifted = np.zeros((3, 6, 8), np.uint8)
    for t in range(3):
        shifted[t, 2:4, 1 + t : 3 + t] = 1
    flow = np.zeros((6, 8, 2), np.float32)
    flow[..., 0] = 1
    given = tally_of([frame(p, flow=flow) for p in shifted])
    assert given.tc.result() == 100
    images = rng.integers(0, 256, (3, 6, 8, 3), np.uint8)
    both = tally_of(
        [frame(p, flow=flow, image=i) for p, i in zip(shifted, images, strict=True)]
    )
    assert both.tc.result() == 100
    assert tally_of([frame(p) for p in shifted]).tc.result() is None


def test_tc_estimates_flow_from_images(rng):
    images = rng.integers(0, 256, (3, 32, 48, 3), np.uint8)
    predictions = rng.integers(0, 3, (3, 32, 48)).astype(np.uint8)
    tally = tally_of(
        [frame(p, image=i) for p, i in zip(predictions, images, strict=True)]
    )
    expected = TemporalConsistency(3)
    expected.update(predictions, dense_flow(images))
    assert tally.tc.result() == pytest.approx(expected.result())


@pytest.mark.parametrize("size", [(1, 2), (15, 40), (40, 15), (8, 300)])
def test_images_too_small_for_an_estimate_give_no_tc(size):
    image = np.zeros((*size, 3), np.uint8)
    tally = tally_of([frame(image[..., 0], image=image)] * 2)
    assert tally.tc.result() is None
    assert tally.mfip.result() == 0


def test_no_class_is_an_error_where_the_label_counts():
    flow = np.zeros((1, 2, 2), np.float32)
    tally = tally_of([frame([[1, 255]], [[1, 255]], flow=flow)] * 2)
    assert (tally.confusion.accuracy(), tally.tc.result()) == (100, 100)
    tally = tally_of([frame([[1, 255]], [[1, 0]])] * 2)
    assert (tally.confusion.accuracy(), tally.mfp.result()) == (50, 0)
    with pytest.raises(ValueError, match="Predictions must be in"):
        tally_of([frame([[1, 254]], [[1, 0]])])


def test_sizes_that_change_within_a_stream_are_refused():
    with pytest.raises(ValueError, match=r"It is 1x3 .* f, is 1x2"):
        tally_of([frame([[0, 1]]), frame([[0, 1, 0]])])
    assert tally_of([frame([[0, 1]])], [frame([[0, 1, 0]])]).num_frames == 2


def yardsticks_by_hand(labels, predictions, image_size=None):
    places = flicker.BorderFlicker()
    places.update(labels, predictions)
    floor = flicker.through_output_grid(labels, image_size)
    confusion = flicker.ConfusionMatrix(3)
    confusion.update(labels, floor)
    return {
        "stale_rate": flicker.stale_rate(labels, predictions),
        "mfp_border": places.border.result(),
        "mfp_interior": places.interior.result(),
        "label_mfip": flicker.mfip(labels),
        "floor_mean_iou": confusion.mean_iou(),
        "floor_mfp": flicker.mfp(labels, floor),
        "floor_mfip": flicker.mfip(floor),
    }


def large_stream(rng, count):
    """Labels with borders and with an inside, and predictions with errors in both."""
    labels = np.zeros((count, 20, 24), np.uint8)
    labels[:, 3:10, 2:20] = 1
    labels[:, 12:, 5:] = 2
    labels = np.stack([np.roll(label, t, axis=1) for t, label in enumerate(labels)])
    labels[:, 0, :4] = 255
    predictions = labels.copy()
    wrong = rng.random(labels.shape) < 0.2
    predictions[wrong] = rng.integers(0, 3, wrong.sum())
    predictions[predictions == 255] = 0
    return labels, predictions


@pytest.mark.parametrize("image_size", [None, (40, 32)])
def test_yardsticks_are_those_of_whole_videos(image_size, rng):
    labels, predictions = large_stream(rng, 5)
    tally = Tally(3, image_size=image_size)
    for each in frames_of(labels, predictions):
        tally.add(each)
    tally.end_stream()
    expected = yardsticks_by_hand(labels, predictions, image_size)
    assert tally.yardsticks.results() == pytest.approx(expected)
    assert 0 < expected["stale_rate"] < 1
    assert None not in expected.values()


def test_yardsticks_have_no_pair_across_a_gap_or_an_unlabelled_frame(rng):
    labels, predictions = large_stream(rng, 6)
    frames = frames_of(labels, predictions)
    frames[2] = frame(predictions[2])
    found = tally_of(frames[:4], frames[4:]).yardsticks.results()
    parts = [slice(0, 2), slice(3, 4), slice(4, 6)]
    stale, label_mfip = flicker.StaleRate(), flicker.FlickeringImagePixels()
    floor_mfp = flicker.FlickeringPixels()
    for part in parts:
        label_mfip.update(labels[part])
        stale.update(labels[part], predictions[part])
        floor_mfp.update(labels[part], flicker.through_output_grid(labels[part]))
    assert found["stale_rate"] == stale.result()
    assert found["label_mfip"] == pytest.approx(label_mfip.result())
    assert found["floor_mfp"] == pytest.approx(floor_mfp.result())


def test_yardsticks_merge(rng):
    first, second = large_stream(rng, 3), large_stream(rng, 4)
    whole = tally_of(frames_of(*first), frames_of(*second)).yardsticks.results()
    merged = Tally(3)
    for stream in (first, second):
        merged.merge(tally_of(frames_of(*stream)))
    assert merged.yardsticks.results() == pytest.approx(whole)


def test_without_labels_there_are_no_yardsticks(rng):
    _, predictions = large_stream(rng, 3)
    found = tally_of([frame(p) for p in predictions]).yardsticks.results()
    assert set(found.values()) == {None}
