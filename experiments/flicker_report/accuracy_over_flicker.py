"""A picture of accuracy over flicker: what each step of less flicker costs."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib import pyplot as plt

from experiments.presentation.figure_style import (
    run_colour,
    run_line,
    save_figure,
    shown_name,
)
from experiments.scoring.scores import Scores

_PANELS = {
    "mfp": "mFP (per mille of pixels)",
    "mfip": "mFIP (per mille of pixels)",
}


def save_accuracy_over_flicker(path: Path, systems: Mapping[str, Scores]) -> None:
    """Mean IoU over mFP and over mFIP, a curve for each system.

    Systems whose names are equal but for a number at the end, such as `icnet flow 0.5`,
    are the points of one curve, in the order of the numbers. Where the scores have
    them, the floor of the output grid and the labels' own mFIP are marked.

    Args:
        path: PNG file.
        systems: Scores by name.

    Raises:
        ValueError: If no system has labels for consecutive frames.
    """
    known = {
        name: scores
        for name, scores in systems.items()
        if None not in (scores.mean_iou, scores.mfp, scores.mfip)
    }
    if not known:
        raise ValueError(
            "Accuracy over flicker needs the mean IoU and mFP of at least one system, "
            "that is, labels of consecutive frames"
        )
    figure, axes = plt.subplots(
        1, 2, figsize=(11, 4.6), sharey=True, layout="constrained"
    )
    for axis, (metric, title) in zip(axes, _PANELS.items(), strict=True):
        _draw_panel(axis, metric, known)
        axis.set_xlabel(title)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("mean IoU (%)")
    axes[0].legend(fontsize=8)
    figure.suptitle(
        "Accuracy over flicker: up and to the left is better, but predictions below "
        "the labels' own mFIP miss changes",
        fontsize=11,
    )
    save_figure(figure, path)


def curves_of(systems: Mapping[str, Scores]) -> dict[str, list[tuple[float, str]]]:
    """For every curve its points: the number in the name, and the whole name."""
    curves: dict[str, list[tuple[float, str]]] = {}
    for name in systems:
        before, _, end = name.rpartition(" ")
        try:
            curve, number = before or name, float(end) if before else 0.0
        except ValueError:
            curve, number = name, 0.0
        curves.setdefault(curve, []).append((number, name))
    return {curve: sorted(points) for curve, points in curves.items()}


def _draw_panel(axis, metric, systems):
    for index, (curve, points) in enumerate(curves_of(systems).items()):
        scores = [systems[name] for _, name in points]
        flicker = [getattr(s, metric) for s in scores]
        accuracy = [s.mean_iou for s in scores]
        axis.plot(
            flicker,
            accuracy,
            color=run_colour(index),
            linestyle=run_line(index),
            marker="o",
            markersize=4,
            label=shown_name(curve),
        )
        if len(points) > 1:
            for (number, _), x, y in zip(points, flicker, accuracy, strict=True):
                axis.annotate(
                    f"{number:g}", (x, y), (3, 3), textcoords="offset points", size=7
                )
    for value, line, text in _marks(metric, systems):
        axis.axvline(value, color="0.4", linestyle=line, linewidth=1)
        axis.annotate(
            text,
            (value, 0.02),
            (2, 0),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            rotation=90,
            size=7,
            color="0.3",
        )


def _marks(metric, systems):
    """Values that all systems are compared with, if the scores have them."""
    first = next(iter(systems.values()))
    floor = getattr(first, f"floor_{metric}")
    if floor is not None:
        yield floor, "--", f"floor of the output grid (mIoU {first.floor_mean_iou:.1f})"
    if metric == "mfip" and first.label_mfip is not None:
        yield first.label_mfip, ":", "the labels' own mFIP"
