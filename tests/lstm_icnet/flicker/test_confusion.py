import naive_metrics
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from naive_metrics import VOID

from lstm_icnet.flicker.confusion import ConfusionMatrix

NUM_CLASSES = 4


@settings(deadline=None)
@given(hnp.arrays(np.uint8, (2, 3, 4), elements=st.integers(0, 3) | st.just(VOID)))
def test_accuracy_and_iou_equal_a_loop_over_pixels(maps):
    matrix = ConfusionMatrix(NUM_CLASSES)
    matrix.update(*maps)
    pixels = naive_metrics.pixels(*maps)
    assert matrix.accuracy() == pytest.approx(naive_metrics.accuracy(pixels))
    mean_iou = naive_metrics.mean_iou(pixels, NUM_CLASSES)
    assert matrix.mean_iou() == pytest.approx(mean_iou)
    ious = naive_metrics.ious(pixels, NUM_CLASSES)
    assert matrix.per_class_iou() == pytest.approx(ious)


def test_absent_classes_are_left_out_of_the_mean():
    matrix = ConfusionMatrix(3)
    matrix.update(np.array([0, 0, 2, VOID]), np.array([0, 2, 2, 1]))
    assert matrix.per_class_iou() == [50, None, 50]
    assert matrix.mean_iou() == 50
    assert matrix.accuracy() == pytest.approx(200 / 3)


def test_a_prediction_of_no_class_is_an_error_of_its_label_alone():
    matrix = ConfusionMatrix(3)
    matrix.update(np.array([0, 0, 1, 1, VOID]), np.array([0, VOID, 1, 0, VOID]))
    assert matrix.accuracy() == 50
    assert matrix.per_class_iou() == [pytest.approx(100 / 3), 50, None]
    assert matrix.unclassified.tolist() == [1, 0, 0]


def test_confusion_matrices_add_up(rng):
    # More pixels than are counted at a time.
    label = rng.integers(0, NUM_CLASSES, (40, 60, 130), dtype=np.uint8)
    prediction = rng.integers(0, NUM_CLASSES, label.shape, dtype=np.uint8)
    for maps in (label, prediction):
        maps[rng.random(maps.shape) < 0.2] = VOID
    whole, half = ConfusionMatrix(NUM_CLASSES), ConfusionMatrix(NUM_CLASSES)
    whole.update(label, prediction)
    half.update(label[:7], prediction[:7])
    rest = ConfusionMatrix(NUM_CLASSES)
    rest.update(label[7:], prediction[7:])
    half.merge(rest)
    np.testing.assert_array_equal(half.counts, whole.counts)
    np.testing.assert_array_equal(half.unclassified, whole.unclassified)
    for g in range(NUM_CLASSES):
        assert whole.unclassified[g] == np.sum((label == g) & (prediction == VOID))
    for g, s in np.ndindex(NUM_CLASSES, NUM_CLASSES):
        assert whole.counts[g, s] == np.sum((label == g) & (prediction == s))


def test_confusion_matrix_refuses_what_it_cannot_count():
    matrix = ConfusionMatrix(3)
    with pytest.raises(ValueError, match=r"Labels must be in 0\.\.2.*Received: 7"):
        matrix.update(np.array([7]), np.array([1]))
    with pytest.raises(ValueError, match=r"Predictions must be.*Received: 254"):
        matrix.update(np.array([1]), np.array([254]))
    with pytest.raises(ValueError, match=r"Predictions must be.*Received: 255"):
        ConfusionMatrix(3, ignore_label=None).update(np.array([1]), np.array([255]))
    with pytest.raises(ValueError, match=r"Class ids must be in 0\.\.255.*-1"):
        matrix.update(np.array([-1]), np.array([1]))
    with pytest.raises(ValueError, match="can be merged"):
        matrix.merge(ConfusionMatrix(4))
    with pytest.raises(ValueError, match="num_classes=0"):
        ConfusionMatrix(0)
    with pytest.raises(ValueError, match="ignore_label=-1"):
        ConfusionMatrix(3, ignore_label=-1)
    assert not matrix.counts.any()
