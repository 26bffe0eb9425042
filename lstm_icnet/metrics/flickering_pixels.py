"""mFP and mFIP as Keras metrics; NumPy: `flicker/flickering_pixels.py`."""

import keras
from keras import ops

from lstm_icnet.flicker.flickering_pixels import check_encoding
from lstm_icnet.flicker.label_maps import IGNORE_LABEL
from lstm_icnet.metrics.pixel_metric import MeanOfShares, as_videos, differs


@keras.saving.register_keras_serializable(package="lstm_icnet")
class FlickeringPixels(MeanOfShares):
    """mFP, mean flickering pixels (Eqs. 12 and 13), in per mille of pixels.

        D[t] = [S[t] != G[t]] * code[t]
        mFP  = mean over pairs (t-1, t) of 1000 * mean over pixels of [D[t] != D[t-1]]

    with S the predictions, G the labels and G + 1 or S the code of an error. In
    [0, 1000], 0 being the best. Source and departures in `flicker.FlickeringPixels`.

    Args:
        encoding: Which code an error has, "label" (G + 1) or "prediction" (S).
        ignore_label: A pixel with this label in either frame of a pair is left out.
            `None` to count every pixel.
        name, dtype: As in `keras.metrics.Metric`.

    Call arguments:
        y_true, y_pred: Integer tensors `(batch, time, height, width)`. A pair never
            spans two samples, so samples of one video must overlap by one frame.

    Raises:
        TypeError: If an input holds no integers.
        ValueError: If `encoding` is not known, the inputs' shapes differ or have
            another number of axes.
    """

    _default_name = "mfp"
    _scale = 1000.0
    _count_name = "num_pairs"

    def __init__(
        self, encoding="label", ignore_label=IGNORE_LABEL, name=None, dtype=None
    ):
        super().__init__(name, dtype)
        check_encoding(encoding)
        self.encoding = encoding
        self.ignore_label = ignore_label

    def get_config(self):
        return {
            **super().get_config(),
            "encoding": self.encoding,
            "ignore_label": self.ignore_label,
        }

    def _add(self, y_true, y_pred):
        label, prediction = as_videos(y_true, y_pred)
        wrong = prediction != label
        if self.encoding == "prediction":
            # Where S = 0, D = 0 as if there were no error (Eq. 13).
            wrong = ops.logical_and(wrong, prediction != 0)
        code = label if self.encoding == "label" else prediction
        flickers = ops.logical_or(
            differs(wrong), ops.logical_and(differs(code), wrong[:, 1:])
        )
        if self.ignore_label is None:
            valid = ops.ones_like(flickers)
        else:
            counted = label != self.ignore_label
            valid = ops.logical_and(counted[:, :-1], counted[:, 1:])
        self._add_shares(ops.logical_and(flickers, valid), valid)


@keras.saving.register_keras_serializable(package="lstm_icnet")
class FlickeringImagePixels(MeanOfShares):
    """mFIP, mean flickering image pixels (Eq. 14), in per mille of pixels.

        mFIP = mean over pairs (t-1, t) of 1000 * mean over pixels of [S[t] != S[t-1]]

    with S the predictions. In [0, 1000], 0 being the best. Source and departures in
    `flicker.FlickeringImagePixels`. `y_true` is not used and may be `None`; `y_pred` as
    in `FlickeringPixels`.
    """

    _default_name = "mfip"
    _scale = 1000.0
    _count_name = "num_pairs"

    def _add(self, y_true, y_pred):
        (prediction,) = as_videos(y_pred)
        flickers = differs(prediction)
        self._add_shares(flickers, ops.ones_like(flickers))
