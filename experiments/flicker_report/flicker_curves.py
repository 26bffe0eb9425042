"""Curves of the flicker of each pair of frames over a video."""

from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.ticker import MaxNLocator

from experiments.flicker_report.flicker_record import METRICS, VideoRecord
from experiments.presentation.figure_style import (
    fitting_columns,
    run_colour,
    run_line,
    save_figure,
    shown_name,
)


def save_curves(path: Path, record: VideoRecord) -> None:
    """One panel for mFP, if there are labels, and one for mFIP, with a curve per run.

    Args:
        path: PNG file.
        record: Record of a video with at least two frames.
    """
    metrics = record.metrics()
    height = 3.2 + 0.2 * len(record.runs)  # the legend has as many lines at most
    figure, axes = plt.subplots(
        len(metrics),
        1,
        figsize=(11, height * len(metrics) + 0.4),
        sharex=True,
        squeeze=False,
        layout="constrained",
    )
    for axis, metric in zip(axes[:, 0], metrics, strict=True):
        _draw_panel(axis, record, metric)
    axes[-1, 0].set_xlabel("frame, against the one before it (0 is the first frame)")
    axes[-1, 0].xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.suptitle(
        f"{shown_name(record.video.name, 80)}: flicker over time", fontsize=11
    )
    save_figure(figure, path)


def _draw_panel(axis, record, metric):
    for index, (run, found) in enumerate(record.runs.items()):
        counts = getattr(found, metric)
        # A line does not show a pair between two without a value.
        dots = len(counts.per_mille) < 40 or np.isnan(counts.per_mille).any()
        axis.plot(
            range(1, len(counts.per_mille) + 1),
            counts.per_mille,
            color=run_colour(index),
            linestyle=run_line(index),
            linewidth=1.4,
            marker="." if dots else "",
            label=f"{shown_name(run)}: mean {counts.mean():.1f}",
        )
    names = axis.get_legend_handles_labels()[1]
    axis.axvline(record.worst_pair(metric), color="0.6", linewidth=0.8, zorder=0)
    axis.set_ylim(bottom=0)
    axis.set_ylabel(f"{METRICS[metric]} (per mille of pixels)", fontsize=9)
    axis.grid(color="0.9")
    axis.legend(
        fontsize=9,
        frameon=False,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=fitting_columns(names, 10, 3),
    )
    axis.spines[["top", "right"]].set_visible(False)
