"""Pixel accuracy and intersection over union from one confusion matrix, in NumPy."""

import numpy as np
from numpy.typing import ArrayLike

from lstm_icnet.flicker.label_maps import IGNORE_LABEL, as_class_ids

_CODES = 256


class ConfusionMatrix:
    """Counts pixels by label and prediction, over any number of frames.

        accuracy = sum_k n_kk / sum_kl n_kl
        IoU_k    = n_kk / (sum_l n_kl + sum_l n_lk - n_kk)
        mIoU     = mean of IoU_k over the classes with a pixel in either map

    with n_kl the pixels of label k that were predicted as l; the ignored label, which
    is no class, counts as one more l. Results are in percent, in [0, 100], 100 being
    the best, and `None` where the divisor is zero.

    Args:
        num_classes: Int in 1..255. Class ids are 0..num_classes-1.
        ignore_label: The label whose pixels never count, or `None`.

    Attributes:
        counts: int64 array `(num_classes, num_classes)`, rows labels, columns
            predictions, in pixels.
        unclassified: int64 array `(num_classes,)`, pixels by label whose prediction
            is the ignored label. They are errors of their label's class and of no
            other.

    Raises:
        ValueError: If `num_classes` or `ignore_label` is out of range.

    Source: Cityscapes' and Pascal VOC's definition; the paper's Tables II and III
        print both in percent without a definition.

    Departures: a class that is in neither the labels nor the predictions is left out
        of the mean and has no IoU; some tools count it as 0 or as 100, and the
        authors' `evaluate.py` lists it as 0. That script scores the last frame of
        each clip and prints accuracy and mIoU as shares of 1.
    """

    def __init__(self, num_classes: int, ignore_label: int | None = IGNORE_LABEL):
        if not 1 <= num_classes < _CODES:
            raise ValueError(
                f"`num_classes` must be in 1..255. Received: num_classes={num_classes}"
            )
        if ignore_label is not None and not 0 <= ignore_label < _CODES:
            raise ValueError(
                "`ignore_label` must be `None` or in 0..255. "
                f"Received: ignore_label={ignore_label}"
            )
        self.num_classes = num_classes
        self.ignore_label = ignore_label
        self.counts = np.zeros((num_classes, num_classes), np.int64)
        self.unclassified = np.zeros(num_classes, np.int64)

    def update(self, labels: ArrayLike, predictions: ArrayLike) -> None:
        """Adds the pixels of two integer arrays of one shape, which may be any.

        Raises:
            TypeError: If either array holds no integers.
            ValueError: If the shapes differ, or a counted pixel has a label or a
                prediction that is neither in 0..num_classes-1 nor ignored; nothing
                is added then.
        """
        ids = as_class_ids(labels, predictions)
        joint = _joint_histogram(*(array.ravel() for array in ids))
        if self.ignore_label is not None:
            joint[self.ignore_label] = 0
        self._check("Labels", joint.sum(axis=1))
        unclassified = np.zeros(_CODES, np.int64)
        if self.ignore_label is not None and self.ignore_label >= self.num_classes:
            unclassified = joint[:, self.ignore_label].copy()
            joint[:, self.ignore_label] = 0
        self._check("Predictions", joint.sum(axis=0))
        self.counts += joint[: self.num_classes, : self.num_classes]
        self.unclassified += unclassified[: self.num_classes]

    def merge(self, other: "ConfusionMatrix") -> None:
        """Adds the pixels that another matrix over the same classes has counted."""
        if (other.num_classes, other.ignore_label) != (
            self.num_classes,
            self.ignore_label,
        ):
            raise ValueError(
                "Only matrices of the same classes and ignore label can be merged. "
                f"Received: {other.num_classes} classes, ignore_label="
                f"{other.ignore_label}, into {self.num_classes} classes, "
                f"ignore_label={self.ignore_label}"
            )
        self.counts += other.counts
        self.unclassified += other.unclassified

    def accuracy(self) -> float | None:
        """Share of the pixels that are classified correctly, in percent."""
        total = int(self.counts.sum() + self.unclassified.sum())
        return 100.0 * int(self.counts.trace()) / total if total else None

    def per_class_iou(self) -> list[float | None]:
        """List of `num_classes` IoUs in percent, `None` for a class without pixels."""
        right = self.counts.diagonal()
        labelled = self.counts.sum(axis=1) + self.unclassified
        union = self.counts.sum(axis=0) + labelled - right
        return [
            100.0 * int(n) / int(of) if of else None
            for n, of in zip(right, union, strict=True)
        ]

    def mean_iou(self) -> float | None:
        """Mean over the classes that occur, in percent."""
        present = [iou for iou in self.per_class_iou() if iou is not None]
        return sum(present) / len(present) if present else None

    def _check(self, name, histogram):
        unknown = np.flatnonzero(histogram[self.num_classes :])
        if unknown.size:
            raise ValueError(
                f"{name} must be in 0..{self.num_classes - 1}, or "
                f"{self.ignore_label} (no class). "
                f"Received: {int(unknown[0]) + self.num_classes}"
            )


def _joint_histogram(labels, predictions, chunk=1 << 18):
    """Pixels per pair of 8-bit codes, int64 (256, 256): labels first."""
    counts = np.zeros(_CODES * _CODES, np.int64)
    # In chunks, since `bincount` makes eight bytes of every pixel.
    for start in range(0, labels.size, chunk):
        parts = [a[start : start + chunk] for a in (labels, predictions)]
        for part in parts:
            if part.dtype != np.uint8 and (part.min() < 0 or part.max() >= _CODES):
                raise ValueError(
                    f"Class ids must be in 0..255. Received: {part.min()}..{part.max()}"
                )
        codes = parts[0].astype(np.uint16) << 8 | parts[1].astype(np.uint16)
        counts += np.bincount(codes, minlength=counts.size)
    return counts.reshape(_CODES, _CODES)
