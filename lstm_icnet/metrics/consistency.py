"""TC and VC_n as Keras metrics.

NumPy: `lstm_icnet/flicker/consistency.py`.
"""

import keras
from keras import ops

from lstm_icnet.flicker.consistency import check_num_frames
from lstm_icnet.flicker.label_maps import IGNORE_LABEL
from lstm_icnet.metrics.confusion import ConfusionMetric
from lstm_icnet.metrics.pixel_metric import (
    MeanOfShares,
    as_videos,
    differs,
    may_be_equal,
    same_shape,
)


@keras.saving.register_keras_serializable(package="lstm_icnet")
class TemporalConsistency(ConfusionMetric):
    """TC, agreement of predictions along the optical flow, in percent.

        W[t-1](p) = S[t](p + round(flow[t-1](p)))
        TC = mean IoU of W[t-1] against S[t-1], counted over all pairs (t-1, t)

    with S the predictions. In [0, 100], 100 being the best. Source and departures in
    `flicker.TemporalConsistency`.

    Args:
        num_classes: Positive int. Class ids are 0..num_classes-1.
        name, dtype: As in `keras.metrics.Metric`.

    Call arguments:
        y_true: The flow, float tensor `(batch, time - 1, height, width, 2)`, in
            pixels to the right and down, NaN where it is unknown. It takes the place of
            labels so that `fit` and `evaluate` can pass it.
        y_pred: Integer tensor `(batch, time, height, width)`. A pair never spans two
            samples, so samples of one video must overlap by one frame.

    Raises:
        TypeError: If `y_pred` holds no integers.
        ValueError: If `num_classes` is not positive, or an input has another number
            of axes or does not fit the other.
    """

    _default_name = "tc"

    def __init__(self, num_classes, name=None, dtype=None):
        super().__init__(num_classes, ignore_label=None, name=name, dtype=dtype)

    def get_config(self):
        config = super().get_config()
        del config["ignore_label"]
        return config

    def result(self):
        return self._mean_iou()

    def _add(self, y_true, y_pred):
        (prediction,) = as_videos(y_pred)
        flow = ops.cast(y_true, "float32")
        _check_flow(tuple(flow.shape), tuple(prediction.shape))
        warped, valid = _warp(prediction[:, 1:], flow)
        self._count(prediction[:, :-1], warped, valid)


@keras.saving.register_keras_serializable(package="lstm_icnet")
class VideoConsistency(MeanOfShares):
    """VC_n, how many pixels with a constant label have a constant prediction.

        VC_n = mean over windows of n frames of 100 * |P and G| / |G|

    with G the pixels whose label is the same in all n frames of a window, and P those
    whose prediction is. In percent, in [0, 100], 100 being the best. Source and
    departures in `flicker.VideoConsistency`.

    Args:
        num_frames: n, at least 2; VC_8 and VC_16 are customary.
        ignore_label: Pixels with this label are never in G. `None` for no such label.
        name: By default "vc_<n>"; dtype: as in `keras.metrics.Metric`.

    Call arguments:
        y_true, y_pred: Integer tensors `(batch, time, height, width)`. A window never
            spans two samples, so samples of one video must overlap by `num_frames - 1`
            frames.

    Raises:
        TypeError: If an input holds no integers.
        ValueError: If `num_frames` is below 2, the inputs' shapes differ or have
            another number of axes.
    """

    _scale = 100.0
    _count_name = "num_windows"

    def __init__(self, num_frames=8, ignore_label=IGNORE_LABEL, name=None, dtype=None):
        check_num_frames(num_frames)
        super().__init__(name or f"vc_{num_frames}", dtype)
        self.num_frames = num_frames
        self.ignore_label = ignore_label

    def get_config(self):
        return {
            **super().get_config(),
            "num_frames": self.num_frames,
            "ignore_label": self.ignore_label,
        }

    def _add(self, y_true, y_pred):
        label, prediction = as_videos(y_true, y_pred)
        stays = self._unchanged(label)
        if self.ignore_label is not None:
            first = label[:, : 1 - self.num_frames]
            stays = ops.logical_and(stays, first != self.ignore_label)
        both = ops.logical_and(stays, self._unchanged(prediction))
        self._add_shares(both, stays)

    def _unchanged(self, maps):
        """For each window, where all frames are equal; empty for too few frames."""
        changes = ops.cast(differs(maps), "int32")
        # Number of changes of each pixel since the first frame.
        changes = ops.cumsum(ops.pad(changes, [(0, 0), (1, 0), (0, 0), (0, 0)]), axis=1)
        last = self.num_frames - 1
        return changes[:, last:] == changes[:, :-last]


def _check_flow(flow, predictions):
    batch, time, *size = predictions
    pairs = None if time is None else max(time - 1, 0)
    if not may_be_equal(flow, (batch, pairs, *size, 2)):
        raise ValueError(
            "The flow must be (batch, time - 1, height, width, 2) for predictions "
            f"(batch, time, height, width). Received: shapes={flow}, {predictions}"
        )


def _warp(frames, flow):
    """Brings every frame back to the time before it, by nearest neighbour.

    Returns:
        `(warped, valid)`, int and bool tensors like `frames`; a pixel that is not valid
        has no source.
    """
    x, frames = same_shape(ops.round(flow[..., 0]), frames)
    y = ops.round(flow[..., 1])
    batch, pairs, height, width = ops.shape(frames)
    x = x + ops.cast(ops.arange(width), "float32")
    y = y + ops.cast(ops.arange(height), "float32")[:, None]
    # False for NaN too.
    in_width = ops.logical_and(x >= 0, x < ops.cast(width, "float32"))
    in_height = ops.logical_and(y >= 0, y < ops.cast(height, "float32"))
    valid = ops.logical_and(in_width, in_height)
    x, y = (ops.cast(ops.where(valid, a, 0.0), "int32") for a in (x, y))
    source = ops.reshape(y * width + x, (batch, pairs, height * width))
    pixels = ops.reshape(frames, (batch, pairs, height * width))
    warped = ops.take_along_axis(pixels, source, axis=-1)
    return ops.reshape(warped, (batch, pairs, height, width)), valid
