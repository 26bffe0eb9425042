"""The scores of a system, collected video by video."""

import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace

import numpy as np

from data.labels.any_encoding import MAX_CLASSES
from experiments.scoring.tally import VC_FRAMES, Tally


@dataclass(frozen=True, kw_only=True)
class Measures:
    """The scores of one video or of all videos; `None` if nothing was measured.

    Attributes:
        accuracy: Percent of labelled pixels.
        mean_iou: Percent, mean over the classes that occur.
        mfp: Per mille of pixels, mean over pairs of consecutive labelled frames.
        mfip: Per mille of pixels, mean over pairs of consecutive frames.
        tc: Percent, over the pairs with optical flow.
        vc8, vc16: Percent, over windows of 8 and 16 consecutive labelled frames.
        num_frames: Number of frames scored.
        num_labelled_frames: Number of them with a label.
        num_pairs: Number of pairs of consecutive frames scored.
        num_labelled_pairs: Number of them that count for mFP.
        per_class_iou: Percent by class name.
        stale_rate: In [0, 1], over the pixels whose label changes; this and what
            follows is over pairs of consecutive labelled frames.
        mfp_border, mfp_interior: Per mille, mFP of the pixels near borders of classes,
            and of all others.
        label_mfip: Per mille, mFIP of the labels themselves.
        floor_mean_iou, floor_mfp, floor_mfip: Of the labels on the grid of a network's
            outputs: percent, per mille, per mille. These are what it can reach at best.
    """

    accuracy: float | None
    mean_iou: float | None
    mfp: float | None
    mfip: float | None
    tc: float | None
    vc8: float | None
    vc16: float | None
    num_frames: int
    num_labelled_frames: int
    num_pairs: int
    num_labelled_pairs: int
    per_class_iou: dict[str, float | None]
    # Files written before these existed lack them.
    stale_rate: float | None = None
    mfp_border: float | None = None
    mfp_interior: float | None = None
    label_mfip: float | None = None
    floor_mean_iou: float | None = None
    floor_mfp: float | None = None
    floor_mfip: float | None = None


@dataclass(frozen=True, kw_only=True)
class Scores(Measures):
    """The scores over all videos, and of each video.

    Attributes:
        confusion_matrix: Numbers of pixels; rows are labels and columns predictions, in
            the order of `per_class_iou`. Pixels predicted as no class are left out.
            `None` if there are no labels.
        videos: The scores of each video by its name.
    """

    confusion_matrix: list[list[int]] | None
    videos: dict[str, Measures]

    def as_json(self) -> dict:
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict) -> "Scores":
        """The scores from the result of `as_json`.

        Raises:
            ValueError: If `content` is something else.
        """
        try:
            videos = {
                name: Measures(**video) for name, video in content["videos"].items()
            }
            scores = cls(**{**content, "videos": videos})
        except (TypeError, KeyError, AttributeError):
            names = ", ".join(field.name for field in fields(cls))
            raise ValueError(f"Scores must have the keys {names}") from None
        for measures in (scores, *videos.values()):
            _check_numbers(measures)
        _check_matrix(scores.confusion_matrix, len(scores.per_class_iou))
        return scores


class ScoreSheet:
    """Collects the scores of videos one after another.

    Args:
        classes: Names of the classes, or `None` if they are not known: then the ids
            that occur are the classes, and their numbers the names.
        encoding: How mFP encodes errors.
        no_class: Ids that are no class; they are left out of the results.
        image_size: (height, width) of the input of the network, for the floor; that of
            the labels if it is not known.
    """

    def __init__(
        self,
        classes: Sequence[str] | None,
        encoding: str = "label",
        no_class: Collection[int] = (),
        image_size: tuple[int, int] | None = None,
    ):
        self._are_known = classes is not None
        self._classes = list(classes or map(str, range(MAX_CLASSES)))
        self._settings = (len(self._classes), encoding, image_size)
        self._no_class = frozenset(no_class)
        self._total = Tally(*self._settings)
        self._videos = {}

    @property
    def num_frames(self) -> int:
        """Number of scored frames in finished videos."""
        return self._total.num_frames

    @contextmanager
    def video(self, name: str) -> Iterator[Tally]:
        """Gives the tally of a video; a video without scored frames is left out."""
        tally = Tally(*self._settings)
        yield tally
        tally.end_stream()
        if tally.num_frames:
            self._total.merge(tally)
            self._videos[name] = Measures(**self._measures(tally))

    def scores(self) -> Scores:
        counts = self._total.confusion.counts
        num = len(self._classes) if self._are_known else _num_that_occur(counts)
        kept = [k for k in range(num) if k not in self._no_class]
        names = [self._classes[k] for k in kept]
        cut = {
            name: replace(video, per_class_iou=_only(video.per_class_iou, names))
            for name, video in self._videos.items()
        }
        measures = self._measures(self._total)
        measures["per_class_iou"] = _only(measures["per_class_iou"], names)
        labelled = self._total.num_labelled_frames > 0
        return Scores(
            **measures,
            confusion_matrix=counts[np.ix_(kept, kept)].tolist() if labelled else None,
            videos=cut,
        )

    def _measures(self, tally):
        ious = tally.confusion.per_class_iou()
        return {
            "accuracy": tally.confusion.accuracy(),
            "mean_iou": tally.confusion.mean_iou(),
            "mfp": tally.mfp.result(),
            "mfip": tally.mfip.result(),
            "tc": tally.tc.result(),
            **{f"vc{n}": tally.vc[n].result() for n in VC_FRAMES},
            "num_frames": tally.num_frames,
            "num_labelled_frames": tally.num_labelled_frames,
            "num_pairs": tally.mfip.num_pairs,
            "num_labelled_pairs": tally.mfp.num_pairs,
            "per_class_iou": dict(zip(self._classes, ious, strict=True)),
            **tally.yardsticks.results(),
        }


def _check_numbers(measures):
    ious = measures.per_class_iou
    if not isinstance(ious, dict):
        raise ValueError(
            f"`per_class_iou` must be an object of numbers by class. Received: {ious!r}"
        )
    figures = {field.name: getattr(measures, field.name) for field in fields(Measures)}
    del figures["per_class_iou"]
    for name, value in (figures | ious).items():
        if value is not None and not _is_number(value):
            raise ValueError(
                f"`{name}` must be a number or null. Received: {value!r:.60}"
            )
        if value is not None and value < 0:
            raise ValueError(f"`{name}` must not be negative. Received: {value}")
    for name in figures:
        if name.startswith("num_") and not _is_count(figures[name]):
            raise ValueError(
                f"`{name}` must be a non-negative integer. Received: {figures[name]!r}"
            )


def _check_matrix(matrix, num_classes):
    if matrix is None:
        return
    rows = matrix if isinstance(matrix, list) else []
    is_square = len(rows) == num_classes and all(
        isinstance(row, list) and len(row) == num_classes for row in rows
    )
    if not is_square or not all(_is_count(value) for row in rows for value in row):
        raise ValueError(
            f"`confusion_matrix` must be null or {num_classes} lists of {num_classes} "
            f"numbers of pixels, one for each class of `per_class_iou`"
        )


def _is_number(value):
    # JSON's `true` is an int in Python, and Python reads NaN and Infinity, too.
    return isinstance(value, int | float) and (
        not isinstance(value, bool) and abs(value) <= sys.float_info.max
    )


def _is_count(value):
    return isinstance(value, int) and _is_number(value) and value >= 0


def _only(mapping, keys):
    return {key: mapping[key] for key in keys}


def _num_that_occur(counts):
    """One more than the highest id that occurs."""
    present = np.flatnonzero(counts.sum(axis=0) + counts.sum(axis=1))
    return int(present.max()) + 1 if present.size else 0
