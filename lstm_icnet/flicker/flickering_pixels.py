"""mFP (Eqs. 12, 13) and mFIP (Eq. 14), the flicker of Section IV."""

import numpy as np
from numpy.typing import ArrayLike

from lstm_icnet.flicker.label_maps import IGNORE_LABEL, as_class_ids, as_videos
from lstm_icnet.flicker.mean_of_shares import MeanOfShares

ENCODINGS = ("label", "prediction")


class _MeanOverPairs(MeanOfShares):
    """The mean over pairs of frames of the share of pixels that flicker."""

    _scale = 1000.0

    @property
    def num_pairs(self) -> int:
        """Pairs of frames counted so far."""
        return self._count


class FlickeringPixels(_MeanOverPairs):
    """mFP, mean flickering pixels (Eqs. 12 and 13), over any number of windows.

        D[t] = [S[t] != G[t]] * code[t]
        mFP  = mean over pairs (t-1, t) of 1000 * mean over pixels of [D[t] != D[t-1]]

    with S the predictions and G the labels: a pixel flickers where its error changes.
    In per mille of pixels, in [0, 1000], 0 being the best. A perfect prediction has 0,
    and so has a prediction whose errors never change.

    Args:
        encoding: The code of an error: "label" (G + 1, the authors' code) or
            "prediction" (S, Eq. 13 as printed).
        ignore_label: A pixel with this label in either frame of a pair is left out,
            in numerator and denominator alike. `None` to count every pixel.

    Attributes:
        num_pairs: Pairs of frames counted so far.

    Raises:
        ValueError: If `encoding` is not known.

    Source: Section IV; `inference.py` of the authors' release.

    Departures: Eq. (12) prints NAND and a sum over t; both are read as in the authors'
        code, "differs" and the mean over pairs. Eq. (13) multiplies by S and so
        misses every error that is predicted as class 0, hence the default "label";
        with "label", however, an error that changes from one wrong class to another
        does not flicker. The authors count ignored pixels, pair the last frame of a
        video with the first of the next one, and print shares of 1. A pair without a
        counted pixel is left out.
    """

    def __init__(
        self, encoding: str = "label", ignore_label: int | None = IGNORE_LABEL
    ):
        check_encoding(encoding)
        super().__init__()
        self.encoding = encoding
        self.ignore_label = ignore_label
        self._settings = (encoding, ignore_label)

    def update(self, labels: ArrayLike, predictions: ArrayLike) -> None:
        """Adds all pairs of a window.

        Args:
            labels, predictions: Integer arrays `(time, height, width)`, or
                `(batch, time, height, width)` with pairs within each sample. One
                frame has no pair and adds nothing.

        Raises:
            TypeError: If either array holds no integers.
            ValueError: If the shapes differ or have another number of axes.
        """
        for g, s in _pairs(labels, predictions):
            flickers = _error_differs(g, s, self.encoding)
            self._add_where(_valid(g, self.ignore_label), flickers)

    def update_where(
        self, counted: np.ndarray, labels: ArrayLike, predictions: ArrayLike
    ) -> None:
        """Like `update`, for a part of the pixels.

        Args:
            counted: Bool array `(height, width)`, the pixels that count in every pair.
            labels, predictions: As in `update`.
        """
        for g, s in _pairs(labels, predictions):
            valid = _valid(g, self.ignore_label)
            here = counted if valid is None else counted & valid
            self._add_where(here, _error_differs(g, s, self.encoding))

    def _add_where(self, counted, flickers):
        if counted is None:
            self._add(np.count_nonzero(flickers), flickers.size)
        else:
            self._add(np.count_nonzero(flickers & counted), np.count_nonzero(counted))


class FlickeringImagePixels(_MeanOverPairs):
    """mFIP, mean flickering image pixels (Eq. 14), over any number of windows.

        mFIP = mean over pairs (t-1, t) of 1000 * mean over pixels of [S[t] != S[t-1]]

    with S the predictions. In per mille of pixels, in [0, 1000], 0 being the best,
    where nothing ever changes. It needs no labels and counts every pixel, also those
    where an object moves: compare only predictions of the same video, and compare them
    with the labels' own mFIP (`mfip(labels)`), which is what motion alone gives.

    Attributes:
        num_pairs: Pairs of frames counted so far.

    Source: Section IV; `inference.py` of the authors' release.

    Departures: NAND, the sum over t and the borders between videos are treated as in
        `FlickeringPixels`.
    """

    def update(self, predictions: ArrayLike) -> None:
        """Adds all pairs of a window, shaped as for `FlickeringPixels.update`."""
        for (s,) in _pairs(predictions):
            self._add(np.count_nonzero(s[1] != s[0]), s[0].size)


def mfp(
    labels: ArrayLike,
    predictions: ArrayLike,
    encoding: str = "label",
    ignore_label: int | None = IGNORE_LABEL,
) -> float | None:
    """mFP of one video or batch, see `FlickeringPixels`: per mille, or `None`."""
    metric = FlickeringPixels(encoding, ignore_label)
    metric.update(labels, predictions)
    return metric.result()


def mfip(predictions: ArrayLike) -> float | None:
    """mFIP of one video or batch, see `FlickeringImagePixels`: per mille, or `None`."""
    metric = FlickeringImagePixels()
    metric.update(predictions)
    return metric.result()


def flickering_pixels(
    labels: ArrayLike,
    predictions: ArrayLike,
    encoding: str = "label",
    ignore_label: int | None = IGNORE_LABEL,
) -> np.ndarray:
    """Where mFP counts a pixel (Fig. 2 of the paper).

    Args:
        labels, predictions: Integer arrays `(..., time, height, width)`.
        encoding, ignore_label: As in `FlickeringPixels`.

    Returns:
        bool array `(..., time - 1, height, width)`, one map per pair of frames,
        false at ignored pixels.
    """
    check_encoding(encoding)
    label_pair, prediction_pair = map(
        _before_and_after, as_class_ids(labels, predictions)
    )
    flickers = _error_differs(label_pair, prediction_pair, encoding)
    valid = _valid(label_pair, ignore_label)
    return flickers if valid is None else flickers & valid


def flickering_image_pixels(predictions: ArrayLike) -> np.ndarray:
    """Where mFIP counts a pixel (Fig. 3): as `flickering_pixels`, without labels."""
    (maps,) = as_class_ids(predictions)
    before, after = _before_and_after(maps)
    return after != before


def _error_differs(labels, predictions, encoding):
    """[D[t] != D[t-1]] of Eq. (12) without forming D, which would overflow 8 bits.

    Both arguments are pairs (before, after) of arrays of one shape.
    """
    wrong = [s != g for g, s in zip(labels, predictions, strict=True)]
    if encoding == "prediction":
        # Where S = 0, D = 0 as if there were no error (Eq. 13).
        wrong = [w & (s != 0) for w, s in zip(wrong, predictions, strict=True)]
    code = labels if encoding == "label" else predictions
    differs = code[1] != code[0]
    differs &= wrong[1]
    differs |= wrong[1] != wrong[0]
    return differs


def _valid(labels, ignore_label):
    if ignore_label is None:
        return None
    return (labels[0] != ignore_label) & (labels[1] != ignore_label)


def _pairs(*maps):
    """Yields, for each pair of consecutive frames, a (before, after) per array."""
    for videos in zip(*as_videos(*maps), strict=True):
        for t in range(1, len(videos[0])):
            yield tuple((video[t - 1], video[t]) for video in videos)


def _before_and_after(video):
    return video[..., :-1, :, :], video[..., 1:, :, :]


def check_encoding(encoding: str) -> None:
    """Raises a `ValueError` that names the known encodings if it is none of them."""
    if encoding not in ENCODINGS:
        raise ValueError(
            f"`encoding` must be one of {ENCODINGS}. Received: encoding={encoding!r}"
        )
