import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_icnet.flicker import mfip, mfp
from lstm_icnet.flicker.places import FlickerPlaces, border_distances

NUM_CLASSES = 4
VOID = 255


def naive_distances(places):
    height, width = places.shape
    distances = np.full(places.shape, height + width)
    for y, x in np.ndindex(height, width):
        steps = [
            abs(y - other_y) + abs(x - other_x)
            for other_y, other_x in np.ndindex(height, width)
            if places[other_y, other_x] != places[y, x]
        ]
        distances[y, x] = min(steps, default=height + width)
    return distances


def naive_places(labels, predictions, encoding):
    """{(tenth, class, distance, mFP flickers, mFIP flickers): pixels}, by a loop."""
    counts = {}
    places = predictions if labels is None else labels
    height, width = places.shape[1:]
    for t in range(1, len(places)):
        distances = naive_distances(places[t])
        for y, x in np.ndindex(height, width):
            if VOID in places[t - 1 : t + 1, y, x]:
                continue
            pair = predictions[t - 1, y, x], predictions[t, y, x]
            fp = False
            if labels is not None:
                label = labels[t - 1, y, x], labels[t, y, x]
                errors = [
                    0 if s == g else int(g) + 1 if encoding == "label" else int(s)
                    for s, g in zip(pair, label, strict=True)
                ]
                fp = errors[0] != errors[1]
            key = (10 * y // height, int(places[t, y, x]), int(distances[y, x]))
            key += (fp, bool(pair[0] != pair[1]))
            counts[key] = counts.get(key, 0) + 1
    return counts


def bin_of(distance):
    ends = [1, 2, 4, 8, 16, float("inf")]
    return next(k for k, end in enumerate(ends) if distance <= end)


def blocky_video(rng, time, height, width, void=0.1):
    """Maps with areas larger than a pixel, so that all distances occur."""
    coarse = rng.integers(0, NUM_CLASSES, (time, -(-height // 9), -(-width // 9)))
    label = np.kron(coarse, np.ones((1, 9, 9)))[:, :height, :width].astype(np.uint8)
    prediction = label.copy()
    wrong = rng.random(label.shape) < 0.3
    prediction[wrong] = rng.integers(0, NUM_CLASSES, wrong.sum())
    label[rng.random(label.shape) < void] = VOID
    return label, prediction


def count(labels, predictions, num_classes=NUM_CLASSES):
    places = FlickerPlaces(num_classes)
    places.update(labels, predictions)
    return places


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (6, 1), (12, 17), (25, 8)])
def test_border_distances_equal_a_loop_over_all_pixels(size, rng):
    for num_classes in (1, 2, 5):
        places = rng.integers(0, num_classes, size, dtype=np.uint8)
        np.testing.assert_array_equal(border_distances(places), naive_distances(places))
    areas = np.kron(places[: size[0] // 4, : size[1] // 4], np.ones((7, 7), np.uint8))
    if areas.size:
        np.testing.assert_array_equal(border_distances(areas), naive_distances(areas))


def test_border_distances_are_exact_far_from_a_border():
    places = np.zeros((700, 900), np.uint8)
    places[0, 0] = 1
    expected = np.add.outer(np.arange(700), np.arange(900))
    expected[0, 0] = 1
    np.testing.assert_array_equal(border_distances(places), expected)


@pytest.mark.parametrize("encoding", ["label", "prediction", None])
@pytest.mark.parametrize("size", [(3, 23, 18), (2, 40, 11), (4, 7, 9)])
def test_counts_equal_a_loop_over_pixels(size, encoding, rng):
    labelled = encoding is not None
    labels, predictions = blocky_video(rng, *size)
    if not labelled:
        predictions[rng.random(predictions.shape) < 0.1] = VOID
        labels = None
    expected = np.zeros((10, NUM_CLASSES, 6, 2, 2), int)
    sums, pixels = np.zeros(NUM_CLASSES), np.zeros(NUM_CLASSES)
    for key, number in naive_places(labels, predictions, encoding).items():
        tenth, place, distance, fp, fip = key
        expected[tenth, place, bin_of(distance), int(fp), int(fip)] += number
        sums[place] += number * distance
        pixels[place] += number
    found = FlickerPlaces(NUM_CLASSES, encoding or "label")
    found.update(labels, predictions)
    np.testing.assert_array_equal(found.counts, expected)
    with np.errstate(invalid="ignore"):  # a class without pixels
        mean_distance = sums / pixels
    np.testing.assert_allclose(found.result().border_distance, mean_distance)
    assert found.result().of_labels == labelled


def test_every_bin_of_distance_occurs_in_the_test_above(rng):
    borders = count(None, np.repeat(blocky_video(rng, 1, 60, 60)[0], 2, 0) % 4)
    assert borders.result().borders.pixels[:3].all()
    halves = np.zeros((2, 4, 60), np.uint8)
    halves[:, :, 30:] = 1
    # Each half has columns 1, 2, 3-4, 5-8, 9-16 and 17-30 steps from the other.
    expected = [2 * 4 * n for n in (1, 1, 2, 4, 8, 14)]
    np.testing.assert_array_equal(count(None, halves).result().borders.pixels, expected)


def test_places_of_a_video_counted_by_hand():
    # Ten rows of two columns, class 0 left and 1 right: every pixel is at a border.
    labels = np.tile(np.array([0, 1], np.uint8), (3, 10, 1))
    predictions = labels.copy()
    predictions[1, 9, 1] = 0  # wrong in the middle frame alone: two flickers
    labels[2, 0, 0] = VOID  # leaves out one pixel of the second pair
    found = count(labels, predictions, num_classes=3).result()
    np.testing.assert_array_equal(found.classes.pixels, [19, 20, 0])
    np.testing.assert_array_equal(found.classes.mfp, [0, 2, 0])
    np.testing.assert_array_equal(found.classes.mfip, [0, 2, 0])
    np.testing.assert_array_equal(found.classes.rate("mfp"), [0, 100, np.nan])
    np.testing.assert_array_equal(found.tenths.pixels, [3, *[4] * 9])
    np.testing.assert_array_equal(found.tenths.flicker_share("mfip"), [*[0] * 9, 100])
    np.testing.assert_allclose(found.borders.pixel_share(), [100, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(found.border_distance, [1, 1, np.nan])


def test_all_places_add_up_to_the_metrics(rng):
    labels, predictions = blocky_video(rng, 4, 30, 20, void=0)
    found = count(labels, predictions).result()
    pixels = 3 * 30 * 20
    for counts in (found.borders, found.classes, found.tenths):
        assert counts.pixels.sum() == pixels
        assert 1000 * counts.mfp.sum() / pixels == pytest.approx(
            mfp(labels, predictions)
        )
        assert 1000 * counts.mfip.sum() / pixels == pytest.approx(mfip(predictions))


@settings(deadline=None, max_examples=20)
@given(st.integers(2, 4), st.integers(0, 2**32), st.booleans())
def test_overlapping_windows_and_merged_parts_equal_the_whole(length, seed, labelled):
    labels, predictions = blocky_video(np.random.default_rng(seed), 6, 11, 13)
    whole = count(labels if labelled else None, predictions)
    merged, updated = FlickerPlaces(NUM_CLASSES), FlickerPlaces(NUM_CLASSES)
    for start in range(0, 5, length - 1):
        window = slice(start, start + length)
        part = (labels[window] if labelled else None, predictions[window])
        updated.update(*part)
        merged.merge(count(*part))
    for other in (merged, updated):
        np.testing.assert_array_equal(other.counts, whole.counts)
        np.testing.assert_allclose(
            other.result().border_distance, whole.result().border_distance
        )
        assert other.num_pairs == whole.num_pairs == 5


def test_wide_ids_and_255_as_a_class_are_counted(rng):
    labels, predictions = blocky_video(rng, 2, 5, 6, void=0)
    wide = count(labels.astype(np.int64), predictions.astype(np.int32))
    np.testing.assert_array_equal(wide.counts, count(labels, predictions).counts)
    everything = FlickerPlaces(NUM_CLASSES, ignore_label=None)
    labels[0, 0, 0] = VOID  # only the later frame says where a pixel lies
    everything.update(labels, predictions)
    assert everything.counts.sum() == 30


def test_nothing_comes_of_one_frame_or_of_ignored_pixels(rng):
    labels, predictions = blocky_video(rng, 1, 5, 6)
    assert count(labels, predictions).result() is None
    ignored = np.full((2, 5, 6), VOID, np.uint8)
    assert count(ignored, np.zeros_like(ignored)).result() is None


def test_wrong_input_is_refused(rng):
    labels, predictions = blocky_video(rng, 3, 5, 6)
    with pytest.raises(ValueError, match=r"`num_classes` must be in 1\.\.255"):
        FlickerPlaces(0)
    with pytest.raises(ValueError, match="`encoding` must be one of"):
        FlickerPlaces(2, "truth")
    with pytest.raises(ValueError, match=r"Class ids must be in 0\.\.1"):
        count(labels, predictions, num_classes=2)
    with pytest.raises(ValueError, match=r"\(time, height, width\).*\(5, 6\)"):
        count(None, predictions[0])
    with pytest.raises(ValueError, match="one shape"):
        count(labels[1:], predictions)
    with pytest.raises(TypeError, match="integer class ids"):
        count(None, predictions / 2)
    places = count(labels, predictions)
    with pytest.raises(ValueError, match="in every update or in none"):
        places.update(None, predictions)
    with pytest.raises(ValueError, match="in every update or in none"):
        places.merge(count(None, predictions))
    with pytest.raises(ValueError, match="can be merged"):
        places.merge(FlickerPlaces(NUM_CLASSES, "prediction"))
    with pytest.raises(ValueError, match="can be merged"):
        places.merge(FlickerPlaces(NUM_CLASSES, ignore_label=None))
