"""Where flicker occurs: by distance to class borders, by class and by image row."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from lstm_icnet.flicker.flickering_pixels import (
    check_encoding,
    flickering_image_pixels,
    flickering_pixels,
)
from lstm_icnet.flicker.label_maps import IGNORE_LABEL, as_class_ids

# Upper ends of the bins in pixels: 1, 2, 3-4, 5-8, 9-16; a last bin is for the rest.
BORDER_DISTANCES = (1, 2, 4, 8, 16)
NUM_TENTHS = 10


@dataclass(frozen=True)
class PlaceCounts:
    """Pixels of all pairs of frames by place, and how many of them flicker.

    Attributes:
        pixels: int64 `(places,)`.
        mfp: int64 `(places,)`, those that mFP counts, or `None` without labels.
        mfip: int64 `(places,)`, those that mFIP counts.
    """

    pixels: np.ndarray
    mfp: np.ndarray | None
    mfip: np.ndarray

    def pixel_share(self) -> np.ndarray:
        """Float array `(places,)`: percent of all pixels that are in each place."""
        return _ratio(100.0 * self.pixels, self.pixels.sum())

    def flicker_share(self, metric: str) -> np.ndarray:
        """Percent of the pixels that flicker by `metric`, "mfp" or "mfip"."""
        flickering = getattr(self, metric)
        return _ratio(100.0 * flickering, flickering.sum())

    def rate(self, metric: str) -> np.ndarray:
        """Float array `(places,)`: per mille of the pixels there that flicker."""
        return _ratio(1000.0 * getattr(self, metric), self.pixels)


@dataclass(frozen=True)
class FlickerByPlace:
    """The result of `FlickerPlaces`.

    Attributes:
        borders: By distance to the nearest border, six bins (`BORDER_DISTANCES`).
        classes: By class.
        tenths: By tenth of the height, the top one first.
        border_distance: Float array `(num_classes,)`: mean distance of a class'
            pixels to the nearest border, in pixels, NaN for a class without pixels.
            It is small for thin classes.
        of_labels: Whether borders and classes are those of labels, not predictions.
    """

    borders: PlaceCounts
    classes: PlaceCounts
    tenths: PlaceCounts
    border_distance: np.ndarray
    of_labels: bool


class FlickerPlaces:
    """Counts flickering pixels by their place, over any number of windows.

    A pixel of a pair (t-1, t) flickers as in `flickering_pixels` (mFP) and
    `flickering_image_pixels` (mFIP), and its place is that in frame t:

        border  the number of steps along rows and columns to the nearest pixel of
                another class; 1 at a border. Ignored pixels count as a class here.
        class   that of the label.
        tenth 10 row // height, 0 at the top. It replaces depth, which is not in the
                data: below the horizon, a lower row is nearer to the camera.

    Without labels, borders and classes are those of the prediction.

    Args:
        num_classes: Int in 1..255. Class ids are 0..num_classes-1.
        encoding: The code of an error, as in `FlickeringPixels`.
        ignore_label: A pixel with this label (or prediction, if there are no labels)
            in either frame of a pair is left out, here also from mFIP. `None` to count
            every pixel.

    Attributes:
        num_pairs: Pairs of frames counted so far.
        counts: int64 `(10, num_classes, 6, 2, 2)`, pixels by tenth, class, border,
            whether mFP counts them and whether mFIP does.

    Raises:
        ValueError: If `num_classes` is out of range, or `encoding` not known.

    Departures: the paper has no such count. All pixels have equal weight; in mFP and
        mFIP, all pairs have.
    """

    def __init__(
        self,
        num_classes: int,
        encoding: str = "label",
        ignore_label: int | None = IGNORE_LABEL,
    ):
        check_encoding(encoding)
        if not 1 <= num_classes <= 255:
            raise ValueError(
                f"`num_classes` must be in 1..255. Received: num_classes={num_classes}"
            )
        self.num_classes = num_classes
        self.encoding = encoding
        self.ignore_label = ignore_label
        self._settings = (num_classes, encoding, ignore_label)
        self.num_pairs = 0
        bins = len(BORDER_DISTANCES) + 1
        self.counts = np.zeros((NUM_TENTHS, num_classes, bins, 2, 2), np.int64)
        self._distances = np.zeros(num_classes)  # sums over the pixels of a class
        self._of_labels: bool | None = None

    def update(self, labels: ArrayLike | None, predictions: ArrayLike) -> None:
        """Adds all pairs of a window.

        Args:
            labels: Integer array `(time, height, width)`, or `None` in every update.
            predictions: Integer array `(time, height, width)`. Windows of one video
                overlap by a frame.

        Raises:
            TypeError: If either array holds no integers.
            ValueError: If the shapes do not fit, a counted pixel has a class outside
                0..num_classes-1, or labels come in some updates only.
        """
        maps = as_class_ids(predictions, *([] if labels is None else [labels]))
        if maps[0].ndim != 3:
            raise ValueError(
                "A window must be (time, height, width). "
                f"Received: shape={maps[0].shape}"
            )
        if len(maps[0]) < 2:
            return
        self._check_of_labels(labels is not None)
        for t in range(1, len(maps[0])):
            self._add_pair(*(frames[t - 1 : t + 1] for frames in maps))

    def merge(self, other: "FlickerPlaces") -> None:
        """Adds the pairs that another object with the same settings has counted."""
        if other._settings != self._settings:
            raise ValueError(
                "Only counts of the same classes, encoding and ignore label can be "
                f"merged. Received: {other._settings}, into {self._settings}"
            )
        if not other.num_pairs:
            return
        self._check_of_labels(other._of_labels)
        self.counts += other.counts
        self._distances += other._distances
        self.num_pairs += other.num_pairs

    def result(self) -> FlickerByPlace | None:
        """A `FlickerByPlace`, or `None` if no pixel has been counted."""
        if self._of_labels is None or not self.counts.any():
            return None
        by_class = self.counts.sum(axis=(0, 2, 3, 4))
        return FlickerByPlace(
            borders=self._counts_along(2),
            classes=self._counts_along(1),
            tenths=self._counts_along(0),
            border_distance=_ratio(self._distances, by_class),
            of_labels=self._of_labels,
        )

    def _check_of_labels(self, of_labels):
        if self._of_labels not in (None, of_labels):
            raise ValueError("Labels must come in every update or in none.")
        self._of_labels = of_labels

    def _add_pair(self, predictions, labels=None):
        image_flickers = flickering_image_pixels(predictions)[0]
        if labels is None:
            flickers, maps = np.zeros_like(image_flickers), predictions
        else:
            settings = self._settings[1:]
            flickers = flickering_pixels(labels, predictions, *settings)[0]
            maps = labels
        counted = np.ones_like(flickers)
        if self.ignore_label is not None:
            counted = (maps != self.ignore_label).all(axis=0)
        places = maps[1]
        classes = self._classes(places, counted)
        distances = border_distances(places)
        self.counts += self._histogram(classes, distances, flickers, image_flickers)
        self._distances += np.bincount(
            classes.ravel(), distances.ravel(), minlength=self.num_classes + 1
        )[:-1]
        self.num_pairs += 1

    def _classes(self, places, counted):
        """uint8 class ids, `num_classes` where a pixel is not counted."""
        unknown = counted & ((places < 0) | (places >= self.num_classes))
        if unknown.any():
            raise ValueError(
                f"Class ids must be in 0..{self.num_classes - 1}. "
                f"Received: {int(places[unknown][0])}"
            )
        return np.where(counted, places, self.num_classes).astype(np.uint8)

    def _histogram(self, classes, distances, flickers, image_flickers):
        """As `counts`, of one pair."""
        shape = (self.num_classes + 1, *self.counts.shape[2:])
        beyond = BORDER_DISTANCES[-1] + 1
        bin_of = np.searchsorted(BORDER_DISTANCES, np.arange(beyond + 1))
        codes = classes.astype(np.uint16) * shape[1]
        codes += bin_of.astype(np.uint16)[np.minimum(distances, beyond)]
        codes = codes << 2 | flickers.astype(np.uint16) << 1 | image_flickers
        ends = [-(-k * len(codes) // NUM_TENTHS) for k in range(NUM_TENTHS + 1)]
        tenths = [
            np.bincount(codes[start:end].ravel(), minlength=np.prod(shape))
            for start, end in pairwise(ends)
        ]
        return np.reshape(tenths, (NUM_TENTHS, *shape))[:, :-1]

    def _counts_along(self, axis):
        others = tuple(k for k in range(3) if k != axis)
        table = self.counts.sum(axis=others)  # (places, mFP, mFIP)
        return PlaceCounts(
            pixels=table.sum(axis=(1, 2)),
            mfp=table[:, 1].sum(axis=1) if self._of_labels else None,
            mfip=table[:, :, 1].sum(axis=1),
        )


def border_distances(places: np.ndarray) -> np.ndarray:
    """Steps along rows and columns from each pixel to one of another class.

    Args:
        places: Integer array `(height, width)`.

    Returns:
        int32 array `(height, width)`, 1 at a border, `height + width` where all is
        one class.
    """
    at_border = np.zeros(places.shape, bool)
    differs = places[1:] != places[:-1]
    at_border[1:] |= differs
    at_border[:-1] |= differs
    differs = places[:, 1:] != places[:, :-1]
    at_border[:, 1:] |= differs
    at_border[:, :-1] |= differs
    if not at_border.any():
        return np.full(places.shape, sum(places.shape), np.int32)
    import cv2

    # A shortest path into another class leaves its own through a pixel at a border.
    steps = cv2.distanceTransform((~at_border).view(np.uint8), cv2.DIST_L1, 3)
    return steps.astype(np.int32) + 1


def _ratio(numerator, denominator):
    with np.errstate(invalid="ignore", divide="ignore"):
        return numerator / denominator
