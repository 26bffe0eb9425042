"""What a value of flicker can be compared with, against loops over pixels."""

import naive_metrics
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from naive_metrics import VOID

from lstm_icnet import flicker

CLASSES = st.sampled_from([0, 1, 2, VOID])


@st.composite
def videos(draw, max_side=6):
    """A few label maps and predictions of a size, `(time, height, width)` each."""
    shape = draw(st.tuples(st.integers(1, 4), *[st.integers(1, max_side)] * 2))
    return tuple(draw(arrays(np.uint8, shape, elements=CLASSES)) for _ in range(2))


@given(videos(), st.sampled_from([VOID, 1, None]))
def test_stale_rate_is_that_of_a_loop_over_pixels(video, ignore_label):
    expected = naive_metrics.stale_rate([video], ignore_label)
    assert flicker.stale_rate(*video, ignore_label) == expected


def test_stale_rate_of_known_cases():
    labels = np.array([[[0, 0, 1, 1, VOID]], [[1, 1, 0, 1, 0]]])
    # Two of the three that change are predicted as before; two pixels do not count.
    predictions = np.array([[[9, 9, 9, 9, 9]], [[0, 2, 1, 1, VOID]]])
    assert flicker.stale_rate(labels, predictions) == pytest.approx(2 / 3)
    assert flicker.stale_rate(labels, labels) == 0
    assert flicker.stale_rate(labels, labels[[0, 0]]) == 1
    assert flicker.stale_rate(labels[:1], labels[:1]) is None


@settings(deadline=None, max_examples=40)
@given(videos(), st.integers(1, 3), st.sampled_from(flicker.ENCODINGS))
def test_flicker_by_border_is_that_of_a_loop_over_pixels(video, width, encoding):
    metric = flicker.BorderFlicker(width, encoding)
    metric.update(*video)
    expected = naive_metrics.mfp_by_border([video], width, encoding)
    found = metric.border.result(), metric.interior.result()
    assert found == pytest.approx(expected)


def test_flicker_by_border_of_a_known_case():
    labels = np.zeros((2, 1, 12), np.uint8)
    labels[:, :, 6:] = 1
    predictions = labels.copy()
    predictions[1, 0, [0, 5]] = 2  # far from the border, and at it
    metric = flicker.BorderFlicker(width=2)
    metric.update(labels, predictions)
    assert metric.border.result() == 1000 / 4
    assert metric.interior.result() == 1000 / 8


def test_a_border_counts_in_either_frame():
    labels = np.zeros((2, 1, 8), np.uint8)
    labels[1, :, 7] = 1
    metric = flicker.BorderFlicker(width=1)
    metric.update(labels, labels)
    assert (metric.border.num_pairs, metric.interior.num_pairs) == (1, 1)
    metric.update(labels[::-1], np.zeros_like(labels))  # pixel 7 flickers
    assert metric.border.result() == (0 + 1000 / 2) / 2
    assert metric.interior.result() == 0


@pytest.mark.parametrize("name", ["StaleRate", "BorderFlicker"])
def test_merged_parts_equal_the_whole(name, rng):
    parts = [rng.integers(0, 3, (2, 3, 5, 6)) for _ in range(3)]
    whole, merged = getattr(flicker, name)(), getattr(flicker, name)()
    for labels, predictions in parts:
        whole.update(labels, predictions)
        one = getattr(flicker, name)()
        one.update(labels, predictions)
        merged.merge(one)
    if name == "StaleRate":
        assert merged.result() == whole.result() is not None
    else:
        for part in ("border", "interior"):
            found = getattr(merged, part).result()
            assert found == pytest.approx(getattr(whole, part).result())


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="`width` must be positive"):
        flicker.BorderFlicker(0)
    with pytest.raises(ValueError, match="same width"):
        flicker.BorderFlicker(2).merge(flicker.BorderFlicker(3))
    with pytest.raises(ValueError, match="same ignore label"):
        flicker.StaleRate(None).merge(flicker.StaleRate())
    with pytest.raises(TypeError, match="integer class ids"):
        flicker.stale_rate(np.zeros((2, 3, 3)), np.zeros((2, 3, 3), int))
    with pytest.raises(ValueError, match="one shape"):
        flicker.BorderFlicker().update(
            np.zeros((2, 3, 3), int), np.zeros((2, 3, 1), int)
        )
    with pytest.raises(ValueError, match=r"\(\.\.\., height, width\)"):
        flicker.through_output_grid([1, 2])


@settings(deadline=None, max_examples=40)
@given(
    arrays(np.uint8, st.tuples(*[st.integers(1, 9)] * 2), elements=CLASSES),
    st.tuples(*[st.integers(1, 12)] * 2),
)
def test_floor_is_that_of_a_loop_over_pixels(label, image_size):
    grid = [min(-(-a // 4), b) for a, b in zip(image_size, label.shape, strict=True)]
    drawn = flicker.through_output_grid(label, image_size)
    classes, shares = naive_metrics.through_output_grid(label, grid)
    if not classes:
        assert not drawn.any()
        return
    for y, x in np.ndindex(label.shape):
        largest = shares[:, y, x].max()
        if largest == 0:
            assert drawn[y, x] == 0
        else:
            # Rounding may choose either of two equal shares.
            assert shares[classes.index(drawn[y, x]), y, x] == pytest.approx(largest)


def test_floor_of_known_cases():
    half = np.zeros((2, 16, 24), np.uint8)
    half[:, :, 12:] = 3
    # A straight border in the middle comes back where it was; constants stay.
    np.testing.assert_array_equal(flicker.through_output_grid(half), half)
    # A line that is much thinner than a step of the grid is lost.
    thin = np.zeros((16, 24), np.uint8)
    thin[:, 10] = 1
    assert not flicker.through_output_grid(thin).any()
    # With a grid as fine as the labels, nothing is lost.
    np.testing.assert_array_equal(flicker.through_output_grid(thin, (64, 96)), thin)
    # Pixels of no class get that of their surroundings.
    thin[thin == 1] = VOID
    assert not flicker.through_output_grid(thin).any()
    kept = flicker.through_output_grid(np.full((8, 8), VOID), ignore_label=None)
    assert (kept == VOID).all()


def test_floor_keeps_shape_and_type(rng):
    labels = rng.integers(0, 4, (2, 3, 9, 10)).astype(np.int16)
    drawn = flicker.through_output_grid(labels)
    assert (drawn.shape, drawn.dtype) == (labels.shape, labels.dtype)
    np.testing.assert_array_equal(
        drawn[1, 2], flicker.through_output_grid(labels[1, 2])
    )


def test_floor_is_the_same_for_every_type_and_in_parts(rng, monkeypatch):
    labels = rng.integers(0, 4, (2, 40, 36)).astype(np.uint8)
    labels[labels == 3] = VOID
    drawn = flicker.through_output_grid(labels)
    for dtype in (np.int16, np.int64, np.uint32):
        found = flicker.through_output_grid(labels.astype(dtype))
        np.testing.assert_array_equal(found, drawn)
    monkeypatch.setattr("lstm_icnet.flicker.output_grid._CHUNK", 7)
    np.testing.assert_array_equal(flicker.through_output_grid(labels), drawn)


# Measured by a prototype that averaged areas and resized with half-pixel centres.
@pytest.mark.parametrize(
    "image_size, mean_iou, mfp, mfip",
    [((192, 256), 85.8, 27.1, 46.8), ((360, 480), 93.3, 15.4, 53.3)],
)
def test_floor_of_camvid_is_about_that_of_another_program(
    image_size, mean_iou, mfp, mfip, camvid_dir
):
    cv2 = pytest.importorskip("cv2")
    files = sorted((camvid_dir / "valannot").glob("*.png"))[3:]
    labels = np.stack([cv2.imread(str(f), cv2.IMREAD_UNCHANGED) for f in files])
    labels[labels == 11] = VOID
    drawn = flicker.through_output_grid(labels, image_size)
    confusion = flicker.ConfusionMatrix(11)
    confusion.update(labels, drawn)
    assert confusion.mean_iou() == pytest.approx(mean_iou, abs=0.1)
    assert flicker.mfp(labels, drawn) == pytest.approx(mfp, abs=0.2)
    assert flicker.mfip(drawn) == pytest.approx(mfip, abs=0.5)
    assert flicker.mfip(labels) == pytest.approx(61, abs=0.5)
