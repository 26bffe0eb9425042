import subprocess
import sys

import naive_metrics
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from naive_metrics import VOID

from lstm_icnet import flicker

NUM_CLASSES = 4


SIZES = [(2, 1, 1), (5, 4, 6), (3, 17, 9), (9, 2, 31)]


def random_video(rng, time=5, height=4, width=6, void=0.2):
    label = rng.integers(0, NUM_CLASSES, (time, height, width), dtype=np.uint8)
    prediction = rng.integers(0, NUM_CLASSES, label.shape, dtype=np.uint8)
    label[rng.random(label.shape) < void] = VOID
    return label, prediction


@st.composite
def videos(draw, min_time=1):
    shape = tuple(
        draw(st.integers(low, high)) for low, high in [(min_time, 5), (1, 4), (1, 4)]
    )
    ids = st.integers(0, NUM_CLASSES - 1)
    label = draw(hnp.arrays(np.uint8, shape, elements=ids | st.just(VOID)))
    prediction = draw(hnp.arrays(np.uint8, shape, elements=ids))
    return label, prediction


def mfp_of(all_videos, encoding="label"):
    metric = flicker.FlickeringPixels(encoding)
    for label, prediction in all_videos:
        metric.update(label, prediction)
    return metric.result()


def mfip_of(all_videos):
    metric = flicker.FlickeringImagePixels()
    for _, prediction in all_videos:
        metric.update(prediction)
    return metric.result()


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
@pytest.mark.parametrize("encoding", flicker.ENCODINGS)
@pytest.mark.parametrize("size", SIZES)
def test_mfp_equals_a_loop_over_pixels(size, encoding, dtype, rng):
    label, prediction = random_video(rng, *size)
    value = flicker.mfp(label.astype(dtype), prediction.astype(dtype), encoding)
    assert value == pytest.approx(naive_metrics.mfp([(label, prediction)], encoding))


@pytest.mark.parametrize("size", SIZES)
def test_mfip_equals_a_loop_over_pixels(size, rng):
    video = random_video(rng, *size)
    assert flicker.mfip(video[1]) == pytest.approx(naive_metrics.mfip([video]))


@settings(deadline=None)
@given(st.lists(videos(), max_size=3), st.sampled_from(flicker.ENCODINGS))
def test_any_videos_equal_the_loop(some_videos, encoding):
    assert mfp_of(some_videos, encoding) == pytest.approx(
        naive_metrics.mfp(some_videos, encoding)
    )
    assert mfip_of(some_videos) == pytest.approx(naive_metrics.mfip(some_videos))


def test_encodings_differ_where_equation_13_does():
    label = np.array([1, 1], np.uint8).reshape(2, 1, 1)
    as_zero = np.array([1, 0], np.uint8).reshape(2, 1, 1)
    assert flicker.mfp(label, as_zero, "label") == 1000
    assert flicker.mfp(label, as_zero, "prediction") == 0
    two_errors = np.array([2, 3], np.uint8).reshape(2, 1, 1)
    assert flicker.mfp(label, two_errors, "label") == 0
    assert flicker.mfp(label, two_errors, "prediction") == 1000


def test_label_255_is_a_class_when_nothing_is_ignored():
    label = np.full((2, 1, 1), 255, np.uint8)
    prediction = np.array([255, 0], np.uint8).reshape(2, 1, 1)
    assert flicker.mfp(label, prediction, ignore_label=None) == 1000


@settings(deadline=None)
@given(videos(min_time=2))
def test_perfect_predictions_have_no_mfp(video):
    label, _ = video
    valid = (label[1:] != VOID) & (label[:-1] != VOID)
    for encoding in flicker.ENCODINGS:
        expected = 0 if valid.any() else None
        assert flicker.mfp(label, np.where(label == VOID, 0, label), encoding) == (
            expected
        )
        assert flicker.mfp(label, label, encoding, ignore_label=None) == 0


@settings(deadline=None)
@given(videos(min_time=2))
def test_constant_predictions_have_no_mfip(video):
    _, prediction = video
    assert flicker.mfip(np.repeat(prediction[:1], len(prediction), axis=0)) == 0


@settings(deadline=None)
@given(videos(min_time=2), st.permutations(range(NUM_CLASSES)))
def test_class_names_do_not_matter(video, permutation):
    table = np.full(256, VOID, np.uint8)
    table[:NUM_CLASSES] = permutation
    label, prediction = video
    assert flicker.mfp(table[label], table[prediction]) == flicker.mfp(
        label, prediction
    )
    assert flicker.mfip(table[prediction]) == flicker.mfip(prediction)


@settings(deadline=None)
@given(st.lists(videos(), min_size=2, max_size=4), st.randoms())
def test_order_of_videos_does_not_matter(some_videos, random):
    shuffled = list(some_videos)
    random.shuffle(shuffled)
    for encoding in flicker.ENCODINGS:
        assert mfp_of(shuffled, encoding) == pytest.approx(
            mfp_of(some_videos, encoding)
        )
    assert mfip_of(shuffled) == pytest.approx(mfip_of(some_videos))


@settings(deadline=None)
@given(videos(min_time=2), st.sampled_from(flicker.ENCODINGS), st.data())
def test_predictions_at_ignored_pixels_do_not_matter(video, encoding, data):
    label, prediction = video
    ids = st.integers(0, NUM_CLASSES - 1)
    other = data.draw(hnp.arrays(np.uint8, label.shape, elements=ids))
    changed = np.where(label == VOID, other, prediction)
    assert flicker.mfp(label, changed, encoding) == flicker.mfp(
        label, prediction, encoding
    )


def test_mfip_counts_every_pixel():
    prediction = np.array([[[0, 0]], [[0, 255]]], np.uint8)
    assert flicker.mfip(prediction) == 500


@settings(deadline=None)
@given(videos(min_time=2), st.sampled_from(flicker.ENCODINGS))
def test_values_lie_between_0_and_1000(video, encoding):
    label, prediction = video
    assert 0 <= flicker.mfip(prediction) <= 1000
    value = flicker.mfp(label, prediction, encoding)
    assert value is None or 0 <= value <= 1000


def test_both_ends_of_the_range_are_reached():
    label = np.zeros((3, 2, 2), np.uint8)
    prediction = np.ones_like(label)
    assert flicker.mfp(label, prediction) == flicker.mfip(prediction) == 0
    prediction[1] = 0
    assert flicker.mfp(label, prediction) == flicker.mfip(prediction) == 1000


def test_all_numpy_metrics_are_at_hand():
    assert all(hasattr(flicker, name) for name in flicker.__all__)
    assert {
        "ConfusionMatrix",
        "TemporalConsistency",
        "VideoConsistency",
        "dense_flow",
        "warp",
    } <= set(flicker.__all__)


@settings(deadline=None)
@given(videos(min_time=3), st.integers(2, 4), st.booleans())
def test_windows_that_overlap_by_a_frame_equal_the_whole(video, length, merged):
    windows = [
        tuple(maps[start : start + length] for maps in video)
        for start in range(0, len(video[0]) - 1, length - 1)
    ]
    if merged:
        whole = flicker.FlickeringPixels()
        for label, prediction in windows:
            part = flicker.FlickeringPixels()
            part.update(label, prediction)
            whole.merge(part)
        value = whole.result()
    else:
        value = mfp_of(windows)
    assert value == pytest.approx(flicker.mfp(*video))


def test_a_batch_is_its_videos_kept_apart(rng):
    some_videos = [random_video(rng) for _ in range(3)]
    label, prediction = (np.stack(maps) for maps in zip(*some_videos, strict=True))
    assert flicker.mfp(label, prediction) == pytest.approx(
        naive_metrics.mfp(some_videos, "label")
    )
    assert flicker.mfip(prediction) == pytest.approx(naive_metrics.mfip(some_videos))


def test_every_pair_weighs_the_same_however_much_of_it_is_ignored():
    label = np.zeros((3, 1, 4), np.uint8)
    label[0, 0, 1:] = VOID
    prediction = np.zeros_like(label)
    prediction[0] = 1
    # First pair: 1 of 1 pixel flickers; second pair: 0 of 4.
    assert flicker.mfp(label, prediction) == 500


def test_nothing_comes_of_a_single_frame_or_of_ignored_pixels(rng):
    label, prediction = random_video(rng)
    assert flicker.mfp(label[:1], prediction[:1]) is None
    assert flicker.mfip(prediction[:1]) is None
    assert flicker.mfip(prediction[:0]) is None
    assert flicker.mfp(np.full_like(label, VOID), prediction) is None
    metric = flicker.FlickeringPixels()
    metric.update(label, prediction)
    value = metric.result()
    metric.update(label[:1], prediction[:1])
    metric.update(np.full_like(label, VOID), prediction)
    assert metric.result() == value
    assert metric.num_pairs == 4


@pytest.mark.parametrize("encoding", flicker.ENCODINGS)
def test_maps_of_flickering_pixels_add_up_to_the_metric(encoding, rng):
    label, prediction = random_video(rng, void=0)
    maps = flicker.flickering_pixels(label, prediction, encoding)
    assert maps.shape == (4, 4, 6) and maps.dtype == bool
    assert 1000 * maps.mean() == pytest.approx(flicker.mfp(label, prediction, encoding))
    image_maps = flicker.flickering_image_pixels(prediction)
    assert 1000 * image_maps.mean() == pytest.approx(flicker.mfip(prediction))


def test_ignored_pixels_are_not_drawn_as_flickering(rng):
    label, prediction = random_video(rng, void=0.5)
    maps = flicker.flickering_pixels(label, prediction)
    void = label == VOID
    assert not maps[void[1:] | void[:-1]].any()


def test_wrong_input_is_refused(rng):
    label, prediction = random_video(rng)
    with pytest.raises(ValueError, match="`encoding` must be one of"):
        flicker.mfp(label, prediction, "truth")
    with pytest.raises(TypeError, match=r"integer class ids.*float32"):
        flicker.mfip(prediction.astype(np.float32))
    with pytest.raises(ValueError, match="one shape"):
        flicker.mfp(label[1:], prediction)
    with pytest.raises(ValueError, match=r"\(time, height, width\).*\(4, 6\)"):
        flicker.mfip(prediction[0])
    with pytest.raises(ValueError, match="can be merged"):
        flicker.FlickeringPixels().merge(flicker.FlickeringPixels("prediction"))
    with pytest.raises(ValueError, match="can be merged"):
        flicker.FlickeringPixels().merge(flicker.FlickeringImagePixels())


def test_numpy_metrics_come_and_count_without_keras():
    code = """
import sys
import numpy as np
from lstm_icnet import flicker
maps = np.zeros((9, 32, 32), np.uint8)
flow = flicker.dense_flow(np.zeros((9, 32, 32, 3), np.uint8))
tc, vc = flicker.TemporalConsistency(1), flicker.VideoConsistency(8)
tc.update(maps, flow)
vc.update(maps, maps)
assert (tc.result(), vc.result()) == (100, 100)
assert (flicker.mfp(maps, maps), flicker.mfip(maps)) == (0, 0)
sys.exit(bool({"keras", "tensorflow", "jax"} & set(sys.modules)))
"""
    run = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert run.returncode == 0, run.stderr
