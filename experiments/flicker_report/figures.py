"""All figures of flicker of one or more runs, and the HTML report with them."""

import colorsys
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from itertools import chain, count
from pathlib import Path

import numpy as np
from tqdm import tqdm

from data.files.whole_file import refuse_file
from data.labels.any_encoding import MAX_CLASSES
from experiments.flicker_report.confusion_picture import save_confusion
from experiments.flicker_report.figures_2_and_3 import (
    Strip,
    frames_around,
    frames_evenly,
    save_strips,
)
from experiments.flicker_report.flicker_bars import (
    save_border_bars,
    save_class_bars,
    save_row_bars,
)
from experiments.flicker_report.flicker_curves import save_curves
from experiments.flicker_report.flicker_record import (
    METRICS,
    RunRecord,
    VideoRecord,
    record_video,
)
from experiments.flicker_report.heat_map import save_heat_map
from experiments.flicker_report.html_report import Report, VideoPictures, save_report
from experiments.predictions.segmented_video import SegmentedVideo
from experiments.predictions.side_by_side import SideBySide, side_by_side
from experiments.presentation.figure_style import shown_name
from experiments.scoring.scores import Scores

_FIGURES = {"mfp": "figure_2", "mfip": "figure_3"}


def write_figures(
    folder: Path,
    runs: Mapping[str, Sequence[SegmentedVideo]],
    scores: Mapping[str, Scores],
    classes: Sequence[str] | None = None,
    palette: Sequence[tuple[int, int, int]] | None = None,
    encoding: str = "label",
    max_videos: int = 4,
    command: str | None = None,
    progress: bool = True,
) -> None:
    """Draws where and when the runs flicker, and writes `report.html`.

        folder/report.html                  everything in one file
        folder/flicker_by_border.png        by distance to the nearest class border
        folder/flicker_by_class.png, flicker_by_row.png
        folder/confusion.png                if there are labels
        folder/videos/VIDEO/figure_2_most.png, figure_2_evenly.png
                                            the paper's Fig. 2 around the pair of frames
                                            that flickers most, and over the whole video
        folder/videos/VIDEO/figure_3_most.png, figure_3_evenly.png   its Fig. 3
        folder/videos/VIDEO/heat_map.png, flicker_over_time.png

    Videos that are drawn are read twice, the others once. Memory holds one frame of
    each run, and three maps for each drawn video and run.

    Args:
        folder: Created if it does not exist; files in it are replaced one by one.
        runs: The same videos for each run, by the name of the run.
        scores: Scores by the name of the run.
        classes: Names of the classes; `None` to name them by their ids.
        palette: RGB colours, 0 to 255, of the classes; `None` to choose colours.
        encoding: How mFP encodes errors, see `lstm_icnet.flicker.FlickeringPixels`.
        max_videos: Number of videos to draw, those that flicker most. The figures
            over all videos use every video.
        command: Command line shown in the report; `None` for that of this process.
        progress: Whether to show a progress bar.

    Raises:
        FileExistsError: If `folder` is a file.
        ValueError: If the runs differ in videos, frames or size, or a map holds a
            class that has no name or no colour.
    """
    refuse_file(folder)
    videos = side_by_side(runs)
    names, colours = _names_and_colours(classes, palette)
    with _bar("flicker", videos, progress) as bar:
        drawn, totals = _record(videos, len(names), encoding, max_videos, bar.update)
    shown = [record.video for record in drawn]
    folders = _folders(folder, [video.name for video in shown])
    with _bar("pictures", shown, progress) as bar:
        pictures = [
            _draw_video(into, record, names, colours, encoding, bar.update)
            for into, record in zip(folders, drawn, strict=True)
        ]
    report = Report(
        scores=scores,
        places={run: total.by_place() for run, total in totals.items()},
        classes=names,
        num_videos=len(videos),
        videos=pictures,
        command=command or shlex.join(sys.orig_argv),
    )
    _draw_totals(folder, report)
    save_report(folder, report)


def _names_and_colours(classes, palette):
    ids = range(len(palette) if palette else MAX_CLASSES)
    names = list(classes or map(str, ids))
    colours = list(palette or _any_palette(len(names)))
    if len(colours) < len(names):
        raise ValueError(
            f"Every class needs a colour, but there are {len(names)} classes and "
            f"{len(colours)} colours"
        )
    return names, colours


def _bar(what, videos, progress):
    total = sum(video.num_frames for video in videos)
    return tqdm(
        total=total, unit="frame", desc=what, disable=not progress or None, leave=False
    )


def _record(videos, num_classes, encoding, max_videos, on_frame):
    """Reads all videos; returns records to draw, and a `RunRecord` of all by run."""
    totals = {run: RunRecord(num_classes, encoding) for run in videos[0].runs}
    drawn = []
    for index, video in enumerate(videos):
        record = record_video(video, num_classes, encoding, on_frame)
        for run, found in record.runs.items():
            totals[run].merge(found)
        # The maps of a record are large: drop those that will not be drawn at once.
        drawn = sorted([*drawn, (index, record)], key=_by_flicker)[:max_videos]
    in_order = sorted(drawn, key=lambda pair: pair[0])
    return [record for _, record in in_order], totals


def _by_flicker(pair):
    """Sort key of (index, record): most flicker first, videos of one frame last."""
    index, record = pair
    metrics = record.metrics()
    return (not metrics, -record.mean(metrics[0]) if metrics else 0.0, index)


def _folders(folder: Path, names: Sequence[str]) -> list[Path]:
    """A folder for each video, named after it with characters that any disk takes."""
    found = []
    for name in names:
        safe = re.sub(r"[^\w.-]+", "_", name).strip("._")[:80] or "video"
        numbered = (f"{safe}_{number}" for number in count(2))
        taken = {other.name.lower() for other in found}
        free = next(n for n in chain([safe], numbered) if n.lower() not in taken)
        found.append(folder / "videos" / free)
    return found


def _draw_video(folder, record, classes, palette, encoding, on_frame) -> VideoPictures:
    strips = _strips(folder, record)
    save_strips(record.video, strips, classes, palette, encoding, on_frame)
    heat_map, curves = None, None
    if record.metrics():
        heat_map, curves = folder / "heat_map.png", folder / "flicker_over_time.png"
        save_heat_map(heat_map, record)
        save_curves(curves, record)
    return VideoPictures(record.video.name, strips, heat_map, curves)


def _strips(folder: Path, record: VideoRecord) -> list[Strip]:
    video: SideBySide = record.video
    title = shown_name(video.name, 80)
    if not record.metrics():  # a single frame
        metric = "mfip" if record.first.label is None else "mfp"
        path = folder / f"{_FIGURES[metric]}_evenly.png"
        return [Strip(path, metric, [0], f"{title}: the only frame")]
    strips = []
    for metric in record.metrics():
        worst = record.worst_pair(metric)
        pair = f"{record.names[worst - 1]} and {record.names[worst]}"
        around = f"{title}: around the pair that flickers most by {METRICS[metric]}, "
        around += pair
        if len(record.runs) > 1:
            around += " (mean over the runs)"
        evenly = f"{title}: frames evenly over the video, each against the one before"
        number = len(record.names)
        stem = _FIGURES[metric]
        strips += [
            Strip(
                folder / f"{stem}_most.png",
                metric,
                frames_around(worst, number),
                around,
            ),
            Strip(folder / f"{stem}_evenly.png", metric, frames_evenly(number), evenly),
        ]
    return strips


def _draw_totals(folder: Path, report: Report) -> None:
    places = report.known_places()
    if places:
        save_border_bars(folder / "flicker_by_border.png", places)
        save_class_bars(folder / "flicker_by_class.png", places, report.classes)
        save_row_bars(folder / "flicker_by_row.png", places)
    matrices = report.matrices()
    if matrices:
        save_confusion(folder / "confusion.png", *matrices)


def _any_palette(number: int) -> list[tuple[int, int, int]]:
    """Distinct colours: hues a golden ratio apart, in three brightnesses."""
    colours = [
        colorsys.hsv_to_rgb(
            k * 0.618034 % 1, (0.9, 0.5)[k % 2], (0.95, 0.7, 0.45)[k % 3]
        )
        for k in range(number)
    ]
    return [tuple(int(c) for c in np.multiply(255, colour)) for colour in colours]


def write_pictures(
    folder: Path,
    systems: Mapping[str, Mapping[str, Sequence[SegmentedVideo]]],
    scores: Mapping[str, Scores],
    classes: Sequence[str] | None,
    palette: Sequence[tuple[int, int, int]] | None,
    encoding: str = "label",
) -> None:
    """`write_figures` for the result of `find_videos`; prints where the report is."""
    write_figures(
        folder,
        {
            name: [stream for streams in videos.values() for stream in streams]
            for name, videos in systems.items()
        },
        scores,
        classes,
        palette,
        encoding,
    )
    print(f"\nThe report is in {folder / 'report.html'}")
