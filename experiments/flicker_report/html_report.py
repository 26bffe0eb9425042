"""The HTML report on flicker: scores, and pictures with explanations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from data.files.whole_file import write_whole
from experiments.flicker_report.figures_2_and_3 import Strip
from experiments.flicker_report.place_tables import (
    border_table,
    class_place_table,
    row_table,
)
from experiments.presentation.html_page import (
    folded,
    heading,
    page,
    paragraph,
    picture,
    table,
)
from experiments.scoring.score_tables import (
    class_table,
    overall_table,
    stale_notes,
    video_table,
)
from experiments.scoring.scores import Scores
from lstm_icnet.flicker.places import FlickerByPlace

_FIGURE_2 = (
    "Rows: frame, label, and for each run its prediction, the difference (the "
    "prediction where it is wrong, black where it is right) and, in white, the pixels "
    "that mFP counts: their error changed since the frame before. The number is their "
    "share of the pixels in per mille."
)
_FIGURE_3 = (
    "Rows: frame, and for each run its prediction and, in white, the pixels that mFIP "
    "counts: their prediction changed since the frame before. The number is their "
    "share of the pixels in per mille."
)
_LATER_METRICS = ("tc", "vc8", "vc16")


@dataclass(frozen=True)
class VideoPictures:
    """The pictures of one video.

    Attributes:
        name: Name of the video.
        strips: Figures 2 and 3.
        heat_map, curves: PNG files, `None` for a video of one frame.
    """

    name: str
    strips: Sequence[Strip]
    heat_map: Path | None
    curves: Path | None


@dataclass(frozen=True)
class Report:
    """The content of the report.

    Attributes:
        scores: Scores by run.
        places: Flicker by place, by run; `None` if there is no pair of frames.
        classes: Names of the classes.
        num_videos: Number of videos that the scores are computed from.
        videos: The videos that are drawn.
        command: The command that made the report.
    """

    scores: Mapping[str, Scores]
    places: Mapping[str, FlickerByPlace | None]
    classes: Sequence[str]
    num_videos: int
    videos: Sequence[VideoPictures]
    command: str

    def known_places(self) -> dict[str, FlickerByPlace]:
        """The runs that have a pair of frames."""
        return {run: found for run, found in self.places.items() if found}

    def matrices(self) -> tuple[dict[str, np.ndarray], list[str]] | None:
        """Confusion matrices by run, and their classes; `None` without labels."""
        found = {
            run: (np.asarray(scores.confusion_matrix), list(scores.per_class_iou))
            for run, scores in self.scores.items()
            if scores.confusion_matrix
        }
        if not found:
            return None
        classes = max((names for _, names in found.values()), key=len)
        # Where classes are ids, a run has those that occur in it, from 0 on.
        matrices = {
            run: np.pad(matrix, (0, len(classes) - len(matrix)))
            for run, (matrix, _) in found.items()
        }
        return matrices, classes


def save_report(folder: Path, report: Report) -> None:
    """Writes `report.html`, with the pictures from `folder` inside it."""
    runs = list(report.places)
    many = len(runs) > 3
    title = f"Flicker of {f'{len(runs)} runs' if many else ', '.join(runs)}"
    parts = [
        heading(1, title),
        paragraph(f"Made on {datetime.now():%Y-%m-%d %H:%M} by", report.command),
        *_scores(folder, report),
        *_places(folder, report),
    ]
    if len(report.videos) < report.num_videos:
        parts.append(
            paragraph(
                f"Below are the {len(report.videos)} videos that flicker most, of "
                f"{report.num_videos}; the figures above are over all videos."
            )
        )
    for video in report.videos:
        parts += _video(video)
    write_whole(folder / "report.html", page(title, parts))


def _scores(folder, report):
    yield heading(2, "Scores")
    yield from _meanings(report)
    yield table(overall_table(report.scores))
    for note in stale_notes(report.scores):
        yield paragraph(note)
    yield table(class_table(report.scores))
    names = 2 if len(report.scores) > 1 else 1
    videos = video_table(report.scores, with_classes=True)
    yield folded("Every video", table(videos, names))
    if report.matrices():
        yield picture(
            folder / "confusion.png",
            "Confusion matrix: of the pixels of each label (row), how many in percent "
            "were predicted as each class (column).",
        )


def _meanings(report):
    """What the figures in the tables mean."""
    yield paragraph(
        "mFP: pixels whose error changes from one frame to the next. mFIP: pixels "
        "whose prediction changes, motion of objects included. Both are in per mille "
        "of the pixels, averaged over all pairs of consecutive frames; lower is "
        "better. Neither measures accuracy."
    )
    if any(
        getattr(found, metric) is not None
        for found in report.scores.values()
        for metric in _LATER_METRICS
    ):
        yield paragraph(
            "TC: mean IoU of a prediction and the next one, warped along the optical "
            "flow. VC_8 and VC_16: share of the pixels with the same label for 8 or 16 "
            "frames whose prediction is also the same, right or wrong. All are in "
            "percent; higher is better."
        )
    if any(scores.label_mfip is not None for scores in report.scores.values()):
        yield paragraph(
            "Stale rate: of the pixels whose label changes, the share still predicted "
            "as the label before, from 0, the best, to 1. The labels' own mFIP is what "
            "changes in the scene; an mFIP below it misses changes. The floor is the "
            "result of the labels themselves at the resolution of the network's "
            "outputs, a quarter of its input each way (without a network, of the "
            "labels' size)."
        )


def _places(folder, report):
    places = report.known_places()
    if not places:
        return
    of_labels = all(found.of_labels for found in places.values())
    whose = "labels" if of_labels else "predictions (there are no labels)"
    yield heading(2, "Where the flicker is")
    yield picture(
        folder / "flicker_by_border.png",
        f"Class borders: how the pixels that flicker, in percent, are spread over the "
        f"distance to the nearest border of the {whose}, in pixels along rows and "
        f"columns, 1 being at the border; the black line is the share of all pixels "
        f"at that distance.",
    )
    yield folded("As a table", table(border_table(places)))
    first = "" if of_labels or len(places) == 1 else "; the numbers are the first run's"
    yield picture(
        folder / "flicker_by_class.png",
        f"Classes of the {whose}, the thinnest on top: how many of a class' pixels, in "
        f"per mille, flicker from one frame to the next; below its name its share of "
        f"all pixels and the mean distance of its pixels to the nearest border, in "
        f"pixels, which is small where a class is thin{first}.",
    )
    yield folded("As a table", table(class_place_table(places, report.classes)))
    yield picture(
        folder / "flicker_by_row.png",
        "Rows of the image in tenths of its height: how many of their pixels, in per "
        "mille, flicker. There is no depth in the data, and the row stands for it: "
        "below the horizon, which is near the middle of most driving videos, a lower "
        "row is nearer to the camera; above it the row says nothing of distance.",
    )
    yield folded("As a table", table(row_table(places)))


def _video(video):
    yield heading(2, f"Video {video.name}")
    if video.curves:
        yield picture(
            video.curves,
            "Flicker over time: per mille of the pixels that flicker from the frame "
            "before to this one; the legend has the mean; the grey line is the pair "
            "that flickers most over all runs.",
        )
        yield picture(
            video.heat_map,
            "Heat map: in how many of the pairs of frames, in per mille, a pixel "
            "flickers, over the first frame, which is faded (its class borders if "
            "there is no image); the scale is the same in all panels.",
        )
    for strip in video.strips:
        figure = _FIGURE_2 if strip.metric == "mfp" else _FIGURE_3
        yield picture(strip.path, f"{strip.title}. {figure}")
