"""The training loss of ICNet, one term per head."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

# Main head, then the two auxiliary ones (ICNet; the authors' release).
HEAD_WEIGHTS = {"main": 1.0, "sub24": 0.4, "sub4": 0.16}


@keras.saving.register_keras_serializable(package="lstm_icnet")
class SegmentationCrossEntropy(keras.losses.Loss):
    """Cross entropy of one head, against labels of the image's size.

        loss = mean over clips of  sum(w[label] entropy) / sum(w[label])

    The sums run over the valid pixels of a clip, all its labelled frames together, and
    `w` is 1 without class weights: then a clip's loss is the mean over its valid
    pixels. Where the weights of a clip sum to zero, its loss is zero.

    The labels are brought to the head's size by nearest neighbour: pixel `i` of `m`
    reads label `floor(i n / m)` of `n`, as in the authors' TensorFlow 1 code. The
    logits, however, are drawn at the image's size with aligned corners, which puts
    pixel `i` at `i (n - 1) / (m - 1)`: up to a pixel of the head further to the lower
    right. With `align_labels` the labels are read there.

    Args:
        ignore_label: Int, the label of pixels that do not count.
        class_weights: `None`, or a non-negative float for each class: a pixel of a
            class with weight two counts as two pixels.
        consistency_weight: Non-negative float, for clips with a loss on every frame:
            the weight of a second term, the mean of |p[t] - p[t-1]|^2 over all pixels
            whose label is the same in frames t - 1 and t, with p the probabilities of
            the classes.
        align_labels: Bool, whether pixel `i` reads the label nearest to the place where
            it is drawn, `i (n - 1) / (m - 1)`.

    Call arguments:
        y_true: Int tensor `(batch, height, width)`, labels 0..N-1 and `ignore_label`;
            or `(batch, time, height, width)`, where frames without labels are filled
            with `ignore_label`.
        y_pred: Float tensor `(batch, head height, head width, N)`, logits; or
            `(batch, time, head height, head width, N)`. Half precision is raised to
            float32.

    Raises:
        TypeError: If the labels are no integers.
        ValueError: If a weight is negative or not finite, if the number of weights is
            not that of the classes, or if labels and logits are not of the same frames.

    Departures: the authors average over all valid pixels of a batch at once; the two
        are equal at their batch size of one, and only the mean over clips gives the
        same gradient on one device and on many.
    """

    def __init__(
        self,
        ignore_label=255,
        class_weights=None,
        consistency_weight=0.0,
        align_labels=False,
        name="segmentation_cross_entropy",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.ignore_label = ignore_label
        self.class_weights = _checked_weights(class_weights)
        if not 0 <= consistency_weight < math.inf:
            raise ValueError(
                f"`consistency_weight` must be finite and not negative. Received: "
                f"consistency_weight={consistency_weight}"
            )
        self.consistency_weight = float(consistency_weight)
        self.align_labels = bool(align_labels)

    def __call__(self, y_true, y_pred, sample_weight=None):
        # Before Keras makes floats of the labels.
        dtype = keras.backend.standardize_dtype(ops.convert_to_tensor(y_true).dtype)
        if not dtype.startswith(("int", "uint")):
            raise TypeError(
                f"Labels must hold integer class ids. Received: dtype={dtype}"
            )
        return super().__call__(y_true, y_pred, sample_weight)

    def call(self, y_true, y_pred):
        self._check_shapes(y_true, y_pred)
        # A sum over the pixels of an image is beyond float16.
        y_pred = ops.cast(y_pred, keras.backend.result_type(y_pred.dtype, "float32"))
        labels = nearest(y_true, y_pred.shape[-3:-1], self.align_labels)
        valid = ops.not_equal(labels, self.ignore_label)
        labels = ops.where(valid, labels, 0)
        entropy = ops.sparse_categorical_crossentropy(labels, y_pred, from_logits=True)
        weights = ops.cast(valid, entropy.dtype)
        if self.class_weights is not None:
            table = ops.convert_to_tensor(self.class_weights, entropy.dtype)
            weights = weights * ops.take(table, labels, axis=0)
        pixels = tuple(range(1, len(labels.shape)))
        total = ops.sum(weights, axis=pixels)  # (batch,)
        loss = ops.divide_no_nan(ops.sum(weights * entropy, axis=pixels), total)
        if self.consistency_weight and len(y_pred.shape) == 5:
            change = _change_where_labels_stay(labels, valid, y_pred)
            loss = loss + self.consistency_weight * change
        return loss

    def get_config(self):
        return {
            **super().get_config(),
            "ignore_label": self.ignore_label,
            "class_weights": self.class_weights,
            "consistency_weight": self.consistency_weight,
            "align_labels": self.align_labels,
        }

    def _check_shapes(self, y_true, y_pred):
        if len(y_pred.shape) not in (4, 5) or y_true.shape[1:-2] != y_pred.shape[1:-3]:
            raise ValueError(
                f"Labels must be (batch, height, width) and logits (batch, height, "
                f"width, classes), or both with the same time axis after the batch's. "
                f"Received: labels {tuple(y_true.shape)}, logits {tuple(y_pred.shape)}"
            )
        if self.class_weights and len(self.class_weights) != y_pred.shape[-1]:
            raise ValueError(
                f"`class_weights` must hold a weight for each of the "
                f"{y_pred.shape[-1]} classes. Received: {len(self.class_weights)} "
                f"weights"
            )


def _change_where_labels_stay(labels, valid, logits):
    """(batch,): the mean of |p[t] - p[t-1]|^2 over pixels that keep their label."""
    stays = (labels[:, 1:] == labels[:, :-1]) & valid[:, 1:] & valid[:, :-1]
    stays = ops.cast(stays, logits.dtype)
    p = ops.softmax(logits, axis=-1)
    change = ops.sum(ops.square(p[:, 1:] - p[:, :-1]), axis=-1)
    total = ops.sum(stays, axis=(1, 2, 3))
    return ops.divide_no_nan(ops.sum(stays * change, axis=(1, 2, 3)), total)


def _checked_weights(class_weights):
    if class_weights is None:
        return None
    weights = [float(weight) for weight in class_weights]
    if not weights or not all(0 <= weight < math.inf for weight in weights):
        raise ValueError(
            f"`class_weights` must be finite numbers, none of them negative. "
            f"Received: class_weights={weights}"
        )
    return weights


def nearest(labels: Any, size: Sequence[int], align_corners: bool = False) -> Any:
    """Label maps `(..., height, width)` at `size`, as int32, by nearest neighbour.

    Pixel `i` of `m` is pixel `floor(i n / m)` of `n`, or with aligned corners the one
    nearest to `i (n - 1) / (m - 1)`.
    """
    labels = ops.cast(labels, "int32")
    for axis, target in zip((-2, -1), size, strict=True):
        source = labels.shape[axis]
        if align_corners:
            index = np.floor(np.linspace(0, source - 1, target) + 0.5).astype(int)
        else:
            index = np.arange(target) * source // target
        labels = ops.take(labels, index, axis=axis)
    return labels


def head_losses(
    class_weights: Sequence[float] | None = None,
    consistency_weight: float = 0.0,
    align_labels: bool = False,
) -> dict[str, Any]:
    """`loss` and `loss_weights` of the three heads, arguments of `Model.compile`.

    Args:
        class_weights: As for `SegmentationCrossEntropy`.
        consistency_weight: As there, of the main head alone.
        align_labels: As there.
    """
    return {
        "loss": {
            head: SegmentationCrossEntropy(
                class_weights=class_weights,
                consistency_weight=consistency_weight if head == "main" else 0.0,
                align_labels=align_labels,
            )
            for head in HEAD_WEIGHTS
        },
        "loss_weights": dict(HEAD_WEIGHTS),
    }
