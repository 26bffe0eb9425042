"""Figures 2 and 3 of the paper: frames, predictions and the pixels that flicker."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from data.labels.palette import colourise
from experiments.flicker_report.flicker_record import METRICS
from experiments.predictions.side_by_side import ComparedFrame, SideBySide
from experiments.presentation.figure_style import shown_name
from experiments.presentation.film_strip import save_filmstrip
from lstm_icnet.flicker import IGNORE_LABEL, flickering_image_pixels, flickering_pixels

_MAX_WIDTH = 480  # pixels of a picture in a strip
_IGNORED = (64, 64, 64)
_NOT_KNOWN = "not known"


@dataclass(frozen=True)
class Strip:
    """One strip to draw.

    Attributes:
        path: PNG file.
        metric: "mfp" for Fig. 2 or "mfip" for Fig. 3.
        frames: Indices of the frames, in order.
        title: Title of the picture.
    """

    path: Path
    metric: str
    frames: Sequence[int]
    title: str


def frames_around(frame: int, num_frames: int, columns: int = 5) -> list[int]:
    """Indices of `columns` consecutive frames, `frame` in the middle if possible."""
    columns = min(columns, num_frames)
    start = min(max(frame - columns // 2, 0), num_frames - columns)
    return list(range(start, start + columns))


def frames_evenly(num_frames: int, columns: int = 5) -> list[int]:
    """Indices of up to `columns` frames, evenly spaced from the second to the last."""
    first = min(1, num_frames - 1)  # the first frame has none before it
    places = np.linspace(first, num_frames - 1, min(columns, num_frames - first))
    return [int(place) for place in places.round()]


def save_strips(
    video: SideBySide,
    strips: Sequence[Strip],
    classes: Sequence[str],
    palette: Sequence[tuple[int, int, int]],
    encoding: str = "label",
    on_frame: Callable[[], object] = lambda: None,
) -> None:
    """Reads a video and draws strips of its frames.

    The rows of Fig. 2 are the frame, the label, and for each run its prediction, the
    difference (the prediction where it is wrong) and the pixels that mFP counts,
    compared with the frame before. The rows of Fig. 3 are the frame, and for each run
    its prediction and the pixels that mFIP counts.

    Args:
        video: The video.
        strips: What to draw.
        classes: Names of the classes.
        palette: RGB colours of the classes, 0 to 255.
        encoding: How mFP encodes errors, see `lstm_icnet.flicker.FlickeringPixels`.
        on_frame: Called after every frame, for a progress bar.
    """
    shown = {frame for strip in strips for frame in strip.frames}
    pictures, before = {}, None
    for index, frame in enumerate(video.frames(with_images=True)):
        if index in shown:
            pictures[index] = _Column(before, frame, palette, encoding)
        before = frame
        on_frame()
    for strip in strips:
        columns = [pictures[frame] for frame in strip.frames]
        rows = [row for row in _rows(columns, list(video.runs), strip.metric) if row[1]]
        legend = _legend(columns, strip.metric, classes, palette)
        names = [shown_name(column.name, 36) for column in columns]
        save_filmstrip(strip.path, rows, *legend, strip.title, names)


def _legend(columns, metric, classes, palette):
    """Names and colours of the classes that occur in a strip."""
    maps = ("prediction", "label") if metric == "mfp" else ("prediction",)
    ids = sorted(
        set().union(*(column.ids[name] for column in columns for name in maps))
    )
    known = [k for k in ids if k != IGNORE_LABEL]
    names, colours = [classes[k] for k in known], [palette[k] for k in known]
    if len(known) < len(ids):
        names, colours = [*names, "ignored"], [*colours, _IGNORED]
    return names, colours


class _Column:
    """The pictures of one frame, shrunk so that many fit into memory."""

    def __init__(
        self, before: ComparedFrame | None, frame: ComparedFrame, palette, encoding
    ):
        self.name = frame.name
        self.image = None if frame.image is None else _small(frame.image)
        label = frame.label
        self.ids = {
            "prediction": _ids(frame.predictions.values()),
            "label": _ids([] if label is None else [label]),
        }
        self.label = None if label is None else _small(_coloured(label, palette))
        self.predictions, self.differences = {}, {}
        self.flicker = {"mfp": {}, "mfip": {}}  # by run: picture and text
        for run, prediction in frame.predictions.items():
            coloured = _coloured(prediction, palette)
            self.predictions[run] = _small(coloured)
            if label is not None:
                difference = coloured.copy()
                difference[prediction == label] = 0
                difference[label == IGNORE_LABEL] = _IGNORED
                self.differences[run] = _small(difference)
            if before is None:
                continue
            pair = np.stack([before.predictions[run], prediction])
            changes = flickering_image_pixels(pair)[0]
            self.flicker["mfip"][run] = _flicker(changes, changes.size)
            if label is None or before.label is None:
                continue
            labels = np.stack([before.label, label])
            counted = np.count_nonzero((labels != IGNORE_LABEL).all(axis=0))
            flickers = flickering_pixels(labels, pair, encoding)[0]
            self.flicker["mfp"][run] = _flicker(flickers, counted)


def _rows(columns, runs, metric):
    """Yields caption, pictures and texts of each row; an empty row has no pictures."""
    yield _row("frame", [column.image for column in columns])
    if metric == "mfp":
        yield _row("label", [column.label for column in columns])
    for run in runs:
        run_name = f"{shown_name(run)}: " if len(runs) > 1 else ""
        yield _row(f"{run_name}prediction", [c.predictions[run] for c in columns])
        if metric == "mfp":
            differences = [c.differences.get(run) for c in columns]
            yield _row(f"{run_name}difference", differences)
        flicker = [c.flicker[metric].get(run, (None, _NOT_KNOWN)) for c in columns]
        pictures, texts = zip(*flicker, strict=True)
        yield (
            *_row(f"{run_name}flickering pixels ({METRICS[metric]})", pictures),
            texts,
        )


def _row(caption, pictures):
    """Caption and pictures: none if no frame has one, else white for missing ones."""
    known = [picture for picture in pictures if picture is not None]
    if not known:
        return caption, []
    blank = np.full_like(known[0], 255)
    return caption, [blank if picture is None else picture for picture in pictures]


def _flicker(flickers, counted):
    """A picture (white on black) and its share of pixels."""
    share = 1000 * np.count_nonzero(flickers) / counted if counted else None
    text = _NOT_KNOWN if share is None else f"{share:.1f} per mille"
    white = flickers.astype(np.uint8) * np.uint8(255)
    return _small(np.repeat(white[..., np.newaxis], 3, axis=-1)), text


def _coloured(labels, palette):
    picture = colourise(labels, palette)
    picture[labels == IGNORE_LABEL] = _IGNORED
    return picture


def _small(picture):
    height, width = picture.shape[:2]
    if width <= _MAX_WIDTH:
        return picture
    size = (_MAX_WIDTH, max(round(height * _MAX_WIDTH / width), 1))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def _ids(maps):
    return {int(k) for labels in maps for k in np.unique(labels)}
