"""The flicker of a video, measured for every run in one pass."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from experiments.predictions.side_by_side import ComparedFrame, SideBySide
from lstm_icnet.flicker import IGNORE_LABEL, flickering_image_pixels, flickering_pixels
from lstm_icnet.flicker.places import FlickerPlaces

METRICS = {"mfp": "mFP", "mfip": "mFIP"}


@dataclass
class PairCounts:
    """One metric for the pairs of frames of a video, by pair and by pixel.

    Attributes:
        per_mille: Value of each pair (t-1, t), NaN if no pixel counts.
        flickering: int32 (height, width), number of pairs in which the pixel flickers.
        counted: int32 (height, width), number of pairs in which it counts.
    """

    per_mille: list[float] = field(default_factory=list)
    flickering: np.ndarray | int = 0
    counted: np.ndarray | int = 0

    def add(self, flickers: np.ndarray, counted: np.ndarray) -> None:
        """Adds a pair: bool maps of the pixels that flicker and of those that count."""
        pixels = np.count_nonzero(counted)
        share = np.count_nonzero(flickers) / pixels if pixels else np.nan
        self.per_mille.append(1000 * share)
        self.flickering = self.flickering + flickers.astype(np.int32)
        self.counted = self.counted + counted.astype(np.int32)

    def add_unknown(self) -> None:
        """Adds a pair without a value."""
        self.per_mille.append(np.nan)

    def mean(self) -> float | None:
        """Mean over the pairs with a value in per mille, `None` if there is none."""
        known = [value for value in self.per_mille if not np.isnan(value)]
        return float(np.mean(known)) if known else None

    def share(self) -> np.ndarray:
        """Per mille of the pairs in which a pixel flickers, float (height, width)."""
        return 1000 * self.flickering / np.maximum(self.counted, 1)


class RunRecord:
    """The flicker of one run on one video.

    Attributes:
        mfp, mfip: `PairCounts`.
        places: `FlickerPlaces` of the pairs with labels.
        predicted_places: `FlickerPlaces` of the pairs without labels.
    """

    def __init__(self, num_classes: int, encoding: str = "label"):
        self.encoding = encoding
        self.mfp, self.mfip = PairCounts(), PairCounts()
        self.places = FlickerPlaces(num_classes, encoding)
        self.predicted_places = FlickerPlaces(num_classes, encoding)

    def add(self, labels, predictions) -> None:
        """Adds a frame.

        Args:
            labels, predictions: Lists of the maps of this frame and, if there is one,
                of the frame before it in front; a label may be `None`.
        """
        if len(predictions) < 2:
            return
        pair = np.stack(predictions)
        changes = flickering_image_pixels(pair)[0]
        self.mfip.add(changes, np.ones_like(changes))
        if any(label is None for label in labels):
            self.mfp.add_unknown()
            self.predicted_places.update(None, pair)
        else:
            labels = np.stack(labels)
            counted = (labels != IGNORE_LABEL).all(axis=0)
            self.mfp.add(flickering_pixels(labels, pair, self.encoding)[0], counted)
            self.places.update(labels, pair)

    def merge(self, other) -> None:
        """Adds the record of another video, except its maps: their size may differ."""
        self.mfp.per_mille += other.mfp.per_mille
        self.mfip.per_mille += other.mfip.per_mille
        self.places.merge(other.places)
        self.predicted_places.merge(other.predicted_places)

    def by_place(self):
        """`FlickerByPlace` by labels if any pair has them, else by predictions."""
        return self.places.result() or self.predicted_places.result()


@dataclass
class VideoRecord:
    """The flicker of all runs on one video.

    Attributes:
        video: The video.
        names: Names of the frames.
        first: The first frame.
        runs: `RunRecord` by run.
    """

    video: SideBySide
    names: list[str]
    first: ComparedFrame
    runs: dict[str, RunRecord]

    def metrics(self) -> list[str]:
        """The metrics, "mfp" or "mfip", that have a value in any run."""
        return [metric for metric in METRICS if self.mean(metric) is not None]

    def mean(self, metric: str) -> float | None:
        """Mean of the metric over the runs in per mille, or `None`."""
        means = [getattr(run, metric).mean() for run in self.runs.values()]
        known = [value for value in means if value is not None]
        return sum(known) / len(known) if known else None

    def worst_pair(self, metric: str) -> int:
        """Index of the later frame of the pair that flickers most, over all runs."""
        series = [getattr(run, metric).per_mille for run in self.runs.values()]
        return 1 + int(np.argmax(np.nan_to_num(np.mean(series, axis=0), nan=-1)))


def record_video(
    video: SideBySide,
    num_classes: int,
    encoding: str = "label",
    on_frame: Callable[[], object] = lambda: None,
) -> VideoRecord:
    """Reads a video once.

    Args:
        video: The video.
        num_classes: Number of classes.
        encoding: How mFP encodes errors, see `lstm_icnet.flicker.FlickeringPixels`.
        on_frame: Called after every frame, for a progress bar.

    Raises:
        ValueError: If the maps of a frame differ in size, or hold an unknown class.
    """
    runs = {run: RunRecord(num_classes, encoding) for run in video.runs}
    names, first, before = [], None, None
    # Only the image of the first frame is needed, as background of the heat map.
    for frame in _with_first_image(video):
        first = first or frame
        names.append(frame.name)
        _check_classes(video, frame, num_classes)
        window: Sequence[ComparedFrame] = [before, frame] if before else [frame]
        labels = [m.label for m in window]
        for run, record in runs.items():
            record.add(labels, [m.predictions[run] for m in window])
        before = frame
        on_frame()
    return VideoRecord(video, names, first, runs)


def _with_first_image(video):
    images = video.frames(with_images=True)
    yield next(images)
    images.close()
    frames = video.frames(with_images=False)
    next(frames)
    yield from frames


def _check_classes(video, frame, num_classes):
    """Raises ValueError for an unknown class before any picture is drawn."""
    maps = {f"the prediction of run {run}": m for run, m in frame.predictions.items()}
    if frame.label is not None:
        maps["the label"] = frame.label
    for what, ids in maps.items():
        occurs = np.bincount(ids.ravel(), minlength=IGNORE_LABEL + 1)[:IGNORE_LABEL]
        unknown = np.flatnonzero(occurs[num_classes:])
        if unknown.size:
            raise ValueError(
                f"Video {video.name}, frame {frame.name}: {what} has class "
                f"{num_classes + unknown[0]}, but classes must be in "
                f"0..{num_classes - 1}, or {IGNORE_LABEL} for no class"
            )
