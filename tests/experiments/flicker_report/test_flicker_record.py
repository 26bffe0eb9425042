import numpy as np
import pytest
from random_runs import NUM_CLASSES, VOID, random_maps, segmented_video

from experiments.flicker_report.flicker_record import record_video
from experiments.predictions.side_by_side import side_by_side
from lstm_icnet.flicker import mfip, mfp
from lstm_icnet.flicker.places import FlickerPlaces


def record(runs, **arguments):
    (video,) = side_by_side(runs)
    return record_video(video, NUM_CLASSES, **arguments)


@pytest.mark.parametrize("encoding", ["label", "prediction"])
def test_record_equals_the_metrics_over_the_whole_video(encoding, rng):
    labels, predictions, images = random_maps(rng)
    other = random_maps(rng, void=0)[1]
    found = record(
        {
            "a": [segmented_video(predictions, labels, images)],
            "b": [segmented_video(other)],  # takes the labels of the first run
        },
        encoding=encoding,
    )
    for run, maps in (("a", predictions), ("b", other)):
        whole = FlickerPlaces(NUM_CLASSES, encoding)
        whole.update(labels, maps)
        np.testing.assert_array_equal(found.runs[run].places.counts, whole.counts)
        means = [found.runs[run].mfp.mean(), found.runs[run].mfip.mean()]
        assert means == pytest.approx([mfp(labels, maps, encoding), mfip(maps)])
    assert found.names == [f"frame_{k:03d}" for k in range(6)]
    np.testing.assert_array_equal(found.first.image, images[0])


def test_maps_and_pairs_equal_a_loop_over_pixels(rng):
    labels, predictions, _ = random_maps(rng, num_frames=5, height=8, width=12)
    run = record({"a": [segmented_video(predictions, labels)]}).runs["a"]
    pairs, shares = [], np.zeros((8, 12))
    flickers = np.zeros((4, 8, 12))
    for y, x in np.ndindex(8, 12):
        counted = 0
        for t in range(1, 5):
            pair = [(labels[k, y, x], predictions[k, y, x]) for k in (t - 1, t)]
            if any(label == VOID for label, _ in pair):
                flickers[t - 1, y, x] = np.nan
                continue
            errors = [0 if label == p else int(label) + 1 for label, p in pair]
            flickers[t - 1, y, x] = errors[0] != errors[1]
            counted += 1
        shares[y, x] = 1000 * np.nansum(flickers[:, y, x]) / max(counted, 1)
    pairs = 1000 * np.nanmean(flickers.reshape(4, -1), axis=1)
    np.testing.assert_allclose(run.mfp.share(), shares)
    np.testing.assert_allclose(run.mfp.per_mille, pairs)
    changes = predictions[1:] != predictions[:-1]
    np.testing.assert_allclose(run.mfip.share(), 1000 * changes.mean(axis=0))
    np.testing.assert_allclose(run.mfip.per_mille, 1000 * changes.mean(axis=(1, 2)))


def test_the_worst_pair_is_that_of_all_runs_together():
    frames = np.zeros((5, 1, 10), np.uint8)
    other = frames.copy()
    frames[2:, 0, :4] = 1  # 400 per mille at frame 2
    other[3:, 0, :9] = 1  # 900 per mille at frame 3
    found = record({"a": [segmented_video(frames)], "b": [segmented_video(other)]})
    assert found.worst_pair("mfip") == 3
    assert found.metrics() == ["mfip"]
    assert found.mean("mfip") == pytest.approx((100 + 225) / 2)
    assert found.mean("mfp") is None


def test_pairs_with_an_unlabelled_frame_count_for_mfip_alone(rng):
    labels, predictions, _ = random_maps(rng)
    some = list(labels)
    some[2] = None
    run = record({"a": [segmented_video(predictions, some)]}).runs["a"]
    assert np.isnan(run.mfp.per_mille).tolist() == [False, True, True, False, False]
    parts = [(0, 2), (3, 6)]
    per_pair = [mfp(labels[k : k + 2], predictions[k : k + 2]) for k in (0, 3, 4)]
    assert run.mfp.mean() == pytest.approx(sum(per_pair) / 3)
    assert run.mfip.mean() == pytest.approx(mfip(predictions))
    expected = FlickerPlaces(NUM_CLASSES)
    for start, end in parts:
        expected.update(labels[start:end], predictions[start:end])
    np.testing.assert_array_equal(run.places.counts, expected.counts)
    assert run.by_place().of_labels and run.predicted_places.num_pairs == 2


def test_records_of_videos_merge(rng):
    videos = [random_maps(rng), random_maps(rng, num_frames=3, height=12)]
    records = [
        record({"a": [segmented_video(predictions, labels)]}).runs["a"]
        for labels, predictions, _ in videos
    ]
    records[0].merge(records[1])
    pairs = [
        mfp(labels[k : k + 2], predictions[k : k + 2])
        for labels, predictions, _ in videos
        for k in range(len(labels) - 1)
    ]
    assert len(pairs) == 7
    assert records[0].mfp.mean() == pytest.approx(sum(pairs) / 7)
    assert records[0].places.num_pairs == 7


def test_one_frame_has_no_flicker(rng):
    labels, predictions, _ = random_maps(rng, num_frames=1)
    found = record({"a": [segmented_video(predictions, labels)]})
    assert found.metrics() == []
    assert found.runs["a"].mfp.mean() is found.runs["a"].mfip.mean() is None


@pytest.mark.parametrize("frame", [0, 3])
def test_an_unknown_class_is_told_with_its_frame(frame, rng):
    labels, predictions, _ = random_maps(rng)
    labels[frame, 2, 2] = VOID  # also where it would never count
    predictions[frame, 2, 2] = 9
    place = rf"drive, frame frame_00{frame}: the prediction of run a has class 9"
    with pytest.raises(ValueError, match=rf"{place}.* 0\.\.3, or 255"):
        record({"a": [segmented_video(predictions, labels)]})
    predictions[frame, 2, 2], labels[frame, 2, 2] = VOID, 7
    with pytest.raises(ValueError, match=r"the label has class 7"):
        record({"a": [segmented_video(predictions, labels)]})
