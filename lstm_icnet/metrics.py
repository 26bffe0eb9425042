"""The metrics of `confusion.py` and `flicker.py` as Keras metrics.

They take class ids, not scores, and write nothing but `keras.ops`: they run compiled
by XLA and on every backend, and, since they keep sums and no frames, under a
distribution strategy. Where nothing could be measured (no pixel, no pair of frames)
the result is 0, as in Keras' own metrics; the NumPy ones give `None`.
"""

import keras
from keras import ops

from lstm_icnet.confusion import IGNORE_LABEL
from lstm_icnet.flicker import check_encoding


class _ConfusionMetric(keras.metrics.Metric):
    """A metric of the confusion matrix: `counts`, rows labels, columns predictions."""

    def __init__(self, num_classes, ignore_label=IGNORE_LABEL, name=None, dtype=None):
        super().__init__(name=name or self._default_name, dtype=dtype)
        if num_classes < 1:
            raise ValueError(
                f"`num_classes` must be positive. Received: num_classes={num_classes}"
            )
        self.num_classes = num_classes
        self.ignore_label = ignore_label
        self.counts = self.add_variable(
            (num_classes, num_classes), "zeros", dtype=_sum_dtype(), name="counts"
        )

    def update_state(self, y_true, y_pred, sample_weight=None):
        _refuse_weights(sample_weight)
        n = self.num_classes
        label = ops.reshape(ops.cast(y_true, "int32"), (-1,))
        prediction = ops.reshape(ops.cast(y_pred, "int32"), (-1,))
        counted = ops.logical_and(label >= 0, label < n)
        if self.ignore_label is not None:
            counted = ops.logical_and(counted, label != self.ignore_label)
        # The last bin takes the pixels that do not count.
        bins = ops.where(counted, label * n + prediction, n * n)
        sums = ops.segment_sum(ops.ones_like(bins), bins, num_segments=n * n + 1)
        sums = ops.reshape(sums[:-1], (n, n))
        self.counts.assign_add(ops.cast(sums, self.counts.dtype))

    def get_config(self):
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "ignore_label": self.ignore_label,
        }

    def _iou_and_presence(self):
        """Per class the IoU in percent, and 1 where the class has a pixel, else 0."""
        right = ops.diagonal(self.counts)
        union = ops.sum(self.counts, axis=0) + ops.sum(self.counts, axis=1) - right
        iou = 100.0 * right / ops.maximum(union, 1.0)
        return iou, ops.cast(union > 0, union.dtype)


@keras.saving.register_keras_serializable(package="lstm_icnet")
class PixelAccuracy(_ConfusionMetric):
    """Share of the pixels that are classified rightly, in percent.

    Formula and source in `confusion.ConfusionMatrix`, arguments in `MeanIoU`.
    """

    _default_name = "accuracy"

    def result(self):
        total = ops.maximum(ops.sum(self.counts), 1.0)
        return 100.0 * ops.sum(ops.diagonal(self.counts)) / total


@keras.saving.register_keras_serializable(package="lstm_icnet")
class MeanIoU(_ConfusionMetric):
    """Mean intersection over union of the classes that occur, in percent.

    Formula and source in `confusion.ConfusionMatrix`.

    Args:
        num_classes: Positive int. Class ids are 0..num_classes-1.
        ignore_label: The label whose pixels never count, or `None`. A label outside
            the classes does not count either.
        name, dtype: As in `keras.metrics.Metric`.

    Call arguments:
        y_true, y_pred: Integer tensors of one shape, whatever shape it is. A graph
            cannot refuse a prediction outside 0..num_classes-1: do not pass any.

    Raises:
        ValueError: If `num_classes` is not positive.

    Departures: `keras.metrics.MeanIoU` gives a share of 1 instead of percent.
    """

    _default_name = "mean_iou"

    def result(self):
        iou, present = self._iou_and_presence()
        return ops.sum(iou) / ops.maximum(ops.sum(present), 1.0)


@keras.saving.register_keras_serializable(package="lstm_icnet")
class PerClassIoU(_ConfusionMetric):
    """Intersection over union of each class, in percent, as `{"iou_<class>": value}`.

    A class that occurs neither in the labels nor in the predictions has 0. Formula
    and source in `confusion.ConfusionMatrix`, arguments in `MeanIoU`.
    """

    _default_name = "per_class_iou"

    def result(self):
        iou, _ = self._iou_and_presence()
        return {f"iou_{k}": iou[k] for k in range(self.num_classes)}


class _MeanOverPairs(keras.metrics.Metric):
    """The mean over pairs of frames of the share of pixels that flicker."""

    def __init__(self, name=None, dtype=None):
        super().__init__(name=name or self._default_name, dtype=dtype)
        self.sum = self.add_variable((), "zeros", dtype=_sum_dtype(), name="sum")
        self.num_pairs = self.add_variable(
            (), "zeros", dtype=_sum_dtype(), name="num_pairs"
        )

    def result(self):
        return 1000.0 * self.sum / ops.maximum(self.num_pairs, 1.0)

    def _add(self, flickers, valid):
        """Adds pairs, both tensors bool `(batch, time - 1, height, width)`."""
        num_flickers, num_valid = (
            ops.cast(ops.sum(ops.cast(x, "int32"), axis=(-2, -1)), self.sum.dtype)
            for x in (flickers, valid)
        )
        self.sum.assign_add(ops.sum(num_flickers / ops.maximum(num_valid, 1.0)))
        self.num_pairs.assign_add(ops.sum(ops.cast(num_valid > 0, self.sum.dtype)))


@keras.saving.register_keras_serializable(package="lstm_icnet")
class FlickeringPixels(_MeanOverPairs):
    """mFP (Eqs. 12 and 13) in per mille of pixels, in [0, 1000].

    Formula, source and departures in `flicker.FlickeringPixels`.

    Args:
        encoding: What an error is coded by, "label" or "prediction".
        ignore_label: A pixel with this label in either frame of a pair is left out.
            `None` to count every pixel.
        name, dtype: As in `keras.metrics.Metric`.

    Call arguments:
        y_true, y_pred: Integer tensors `(batch, time, height, width)`. Pairs lie
            within a sample, so samples of one video overlap by one frame.

    Raises:
        ValueError: If `encoding` is not known, or an input has not four axes.
    """

    _default_name = "mfp"

    def __init__(
        self, encoding="label", ignore_label=IGNORE_LABEL, name=None, dtype=None
    ):
        super().__init__(name, dtype)
        check_encoding(encoding)
        self.encoding = encoding
        self.ignore_label = ignore_label

    def update_state(self, y_true, y_pred, sample_weight=None):
        _refuse_weights(sample_weight)
        label, prediction = _class_ids(y_true), _class_ids(y_pred)
        wrong = prediction != label
        if self.encoding == "prediction":
            # S = 0 makes D = 0: the error of Eq. (13) that looks like no error.
            wrong = ops.logical_and(wrong, prediction != 0)
        code = label if self.encoding == "label" else prediction
        flickers = ops.logical_or(
            _differs(wrong), ops.logical_and(_differs(code), wrong[:, 1:])
        )
        if self.ignore_label is None:
            valid = ops.ones_like(flickers)
        else:
            counted = label != self.ignore_label
            valid = ops.logical_and(counted[:, :-1], counted[:, 1:])
        self._add(ops.logical_and(flickers, valid), valid)

    def get_config(self):
        return {
            **super().get_config(),
            "encoding": self.encoding,
            "ignore_label": self.ignore_label,
        }


@keras.saving.register_keras_serializable(package="lstm_icnet")
class FlickeringImagePixels(_MeanOverPairs):
    """mFIP (Eq. 14) in per mille of pixels, in [0, 1000].

    Formula, source and departures in `flicker.FlickeringImagePixels`. Labels are not
    looked at and may be `None`; `y_pred` as in `FlickeringPixels`.
    """

    _default_name = "mfip"

    def update_state(self, y_true, y_pred, sample_weight=None):
        _refuse_weights(sample_weight)
        flickers = _differs(_class_ids(y_pred))
        self._add(flickers, ops.ones_like(flickers))


def _refuse_weights(sample_weight):
    # Keras passes the argument to every metric, set or not.
    if sample_weight is not None:
        raise ValueError("These metrics count pixels: `sample_weight` must be `None`")


def _class_ids(maps):
    if len(maps.shape) != 4:
        raise ValueError(
            "Label maps must be (batch, time, height, width). "
            f"Received: shape={tuple(maps.shape)}"
        )
    return ops.cast(maps, "int32")


def _differs(maps):
    """Where a frame differs from the one before it, `(batch, time - 1, ...)`."""
    return maps[:, 1:] != maps[:, :-1]


def _sum_dtype():
    # Counts are exact up to 2^53 in float64. JAX has 32 bits unless asked for more,
    # where an integer would overflow after a thousand large frames.
    return "float32" if keras.backend.backend() == "jax" else "float64"
