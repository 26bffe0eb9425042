"""Accuracy and intersection over union as Keras metrics.

NumPy: `lstm_icnet/flicker/confusion.py`.
"""

import keras
from keras import ops

from lstm_icnet.flicker.label_maps import IGNORE_LABEL
from lstm_icnet.metrics.pixel_metric import PixelMetric, as_class_ids


class ConfusionMetric(PixelMetric):
    """A metric of the confusion matrix: `counts`, rows labels, columns predictions.

    The last column counts predictions that are no class.
    """

    def __init__(self, num_classes, ignore_label=IGNORE_LABEL, name=None, dtype=None):
        super().__init__(name, dtype)
        if num_classes < 1:
            raise ValueError(
                f"`num_classes` must be positive. Received: num_classes={num_classes}"
            )
        self.num_classes = num_classes
        self.ignore_label = ignore_label
        self.counts = self._add_sum("counts", (num_classes, num_classes + 1))

    def get_config(self):
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "ignore_label": self.ignore_label,
        }

    def _add(self, y_true, y_pred):
        labels, predictions = as_class_ids(y_true, y_pred)
        self._count(labels, predictions, ops.ones_like(labels, "bool"))

    def _count(self, labels, predictions, counted):
        """Adds the pixels of three tensors of one shape, int32, int32 and bool."""
        n = self.num_classes
        known = ops.logical_and(labels >= 0, labels < n)
        counted = ops.logical_and(counted, known)
        if self.ignore_label is not None:
            counted = ops.logical_and(counted, labels != self.ignore_label)
        known = ops.logical_and(predictions >= 0, predictions < n)
        predictions = ops.where(known, predictions, n)
        # The pixels that do not count go into one more bin.
        num_bins = n * (n + 1)
        bins = ops.where(counted, labels * (n + 1) + predictions, num_bins)
        bins = ops.reshape(bins, (-1,))
        sums = ops.segment_sum(ops.ones_like(bins), bins, num_segments=num_bins + 1)
        sums = ops.reshape(sums[:-1], (n, n + 1))
        self.counts.assign_add(ops.cast(sums, self.counts.dtype))

    def _right(self):
        """Correctly classified pixels per class."""
        return ops.diagonal(self.counts[:, :-1])

    def _iou_and_presence(self):
        """Per class the IoU in percent, and 1 where the class has a pixel, else 0."""
        right = self._right()
        labelled = ops.sum(self.counts, axis=1)
        predicted = ops.sum(self.counts[:, :-1], axis=0)
        union = labelled + predicted - right
        iou = 100.0 * right / ops.maximum(union, 1.0)
        return iou, ops.cast(union > 0, union.dtype)

    def _mean_iou(self):
        iou, present = self._iou_and_presence()
        return ops.sum(iou) / ops.maximum(ops.sum(present), 1.0)


@keras.saving.register_keras_serializable(package="lstm_icnet")
class PixelAccuracy(ConfusionMetric):
    """Share of the pixels that are classified correctly, in percent.

        accuracy = sum_k n_kk / sum_kl n_kl

    with n_kl the pixels of label k that were predicted as l. In [0, 100], 100 being
    the best. Arguments as in `MeanIoU`; source and departures in
    `flicker.ConfusionMatrix`.
    """

    _default_name = "accuracy"

    def result(self):
        total = ops.maximum(ops.sum(self.counts), 1.0)
        return 100.0 * ops.sum(self._right()) / total


@keras.saving.register_keras_serializable(package="lstm_icnet")
class MeanIoU(ConfusionMetric):
    """Mean intersection over union of the classes that occur, in percent.

        IoU_k = n_kk / (sum_l n_kl + sum_l n_lk - n_kk)
        mIoU  = mean of IoU_k over the classes with a pixel in either map

    with n_kl the pixels of label k that were predicted as l. In [0, 100], 100 being
    the best. Source in `flicker.ConfusionMatrix`.

    Args:
        num_classes: Positive int. Class ids are 0..num_classes-1.
        ignore_label: The label whose pixels never count, or `None`. A label outside
            the classes does not count either.
        name, dtype: As in `keras.metrics.Metric`.

    Call arguments:
        y_true, y_pred: Integer tensors of one shape, which may be any. A prediction
            outside 0..num_classes-1 counts as an error of its label, since a compiled
            graph cannot raise an error for it.

    Raises:
        TypeError: If an input holds no integers.
        ValueError: If `num_classes` is not positive, or the inputs' shapes differ.

    Departures: as in `flicker.ConfusionMatrix`; and `keras.metrics.MeanIoU` gives a
        share of 1 instead of percent.
    """

    _default_name = "mean_iou"

    def result(self):
        return self._mean_iou()


@keras.saving.register_keras_serializable(package="lstm_icnet")
class PerClassIoU(ConfusionMetric):
    """Intersection over union of each class, in percent, as `{"iou_<class>": value}`.

        IoU_k = n_kk / (sum_l n_kl + sum_l n_lk - n_kk)

    with n_kl the pixels of label k that were predicted as l. In [0, 100], 100 being
    the best; a class that occurs neither in the labels nor in the predictions has 0.
    Arguments as in `MeanIoU`; source and departures in `flicker.ConfusionMatrix`.
    """

    _default_name = "per_class_iou"

    def result(self):
        iou, _ = self._iou_and_presence()
        return {f"iou_{k}": iou[k] for k in range(self.num_classes)}
