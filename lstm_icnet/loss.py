"""The training loss of ICNet, one term per head."""

import keras
import numpy as np
from keras import ops

# Main head, then the two auxiliary ones (ICNet; the authors' release).
HEAD_WEIGHTS = {"main": 1.0, "sub24": 0.4, "sub4": 0.16}


@keras.saving.register_keras_serializable(package="lstm_icnet")
class SegmentationCrossEntropy(keras.losses.Loss):
    """Cross entropy of one head, against labels of the image's size.

    The labels are brought to the head's size by nearest neighbour (pixel `i` of `m`
    reads label `floor(i n / m)`, as TensorFlow 1 does), averaged over the valid pixels
    of a clip, and then over the clips of the batch; a clip without a valid pixel
    counts as zero.

    Args:
        ignore_label: Int, the label that no loss is taken of.

    Call arguments:
        y_true: Int tensor `(batch, height, width)`, labels 0..N-1 and `ignore_label`.
        y_pred: Float tensor `(batch, head height, head width, N)`, logits.

    Departures: the authors average over all valid pixels of a batch at once; the two
        are equal at their batch size of one, and only the mean over clips gives the
        same gradient on one device and on many.
    """

    def __init__(self, ignore_label=255, name="segmentation_cross_entropy", **kwargs):
        super().__init__(name=name, **kwargs)
        self.ignore_label = ignore_label

    def call(self, y_true, y_pred):
        labels = nearest(y_true, y_pred.shape[1:3])
        valid = ops.not_equal(labels, self.ignore_label)
        entropy = ops.sparse_categorical_crossentropy(
            ops.where(valid, labels, 0), y_pred, from_logits=True
        )
        valid = ops.cast(valid, entropy.dtype)
        pixels = ops.maximum(ops.sum(valid, axis=(1, 2)), 1)
        return ops.sum(entropy * valid, axis=(1, 2)) / pixels  # (batch,)

    def get_config(self):
        return {**super().get_config(), "ignore_label": self.ignore_label}


def nearest(labels, size):
    """Labels `(batch, height, width)` at `size`, as int32."""
    labels = ops.cast(labels, "int32")
    for axis, target in zip((1, 2), size, strict=True):
        source = labels.shape[axis]
        index = np.arange(target) * source // target
        labels = ops.take(labels, index, axis=axis)
    return labels


def head_losses():
    """The arguments of `Model.compile` for the three heads."""
    return {
        "loss": {head: SegmentationCrossEntropy() for head in HEAD_WEIGHTS},
        "loss_weights": dict(HEAD_WEIGHTS),
    }
