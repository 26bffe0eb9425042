"""Bar charts of flicker by distance to class borders, by class and by image row."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from experiments.flicker_report.flicker_record import METRICS
from experiments.flicker_report.place_tables import TENTHS, distance_names, metrics_of
from experiments.presentation.figure_style import (
    fitting_columns,
    run_colour,
    run_hatch,
    save_figure,
    shown_name,
)
from lstm_icnet.flicker.places import BORDER_DISTANCES, NUM_TENTHS, FlickerByPlace


def save_border_bars(path: Path, places: Mapping[str, FlickerByPlace]) -> None:
    """Share of the flicker, and of all pixels, by distance to the nearest border.

    Args:
        path: PNG file.
        places: Flicker by place, by the name of the run.
    """
    figure, axes = _panels(places, (5.5, 4.2))
    for axis, metric in zip(axes, metrics_of(places), strict=True):
        for index, found in enumerate(places.values()):
            at = _positions(index, len(places), len(BORDER_DISTANCES) + 1)
            axis.bar(
                at,
                found.borders.flicker_share(metric),
                width=_width(places),
                **_bar_style(index),
            )
            axis.hlines(
                found.borders.pixel_share(),
                at - _width(places) / 2,
                at + _width(places) / 2,
                color="black",
                linewidth=2,
            )
        axis.set_xticks(range(len(BORDER_DISTANCES) + 1), distance_names())
        axis.set_xlabel(
            f"distance to the nearest border {_region_source(places)} (pixels)"
        )
        axis.set_ylabel(f"share of the flickering pixels, {METRICS[metric]} (%)")
    _finish(figure, path, places, "share of all pixels at that distance")


def save_class_bars(
    path: Path, places: Mapping[str, FlickerByPlace], classes: Sequence[str]
) -> None:
    """Flicker of each class, thin classes first.

    Args:
        path: PNG file.
        places: Flicker by place, by the name of the run.
        classes: Names of the classes.
    """
    first = next(iter(places.values()))
    present = [
        k
        for k in np.argsort(first.border_distance)  # NaN is last
        if any(found.classes.pixels[k] for found in places.values())
    ]
    names = [
        f"{shown_name(classes[k], 24)}\n{first.classes.pixel_share()[k]:.1f} %, "
        f"{_pixels(first.border_distance[k])}"
        for k in present
    ]
    figure, axes = _panels(places, (5.5, 1.4 + _bar_inches(places) * len(present)))
    for axis, metric in zip(axes, metrics_of(places), strict=True):
        for index, found in enumerate(places.values()):
            axis.barh(
                _positions(index, len(places), len(present)),
                found.classes.rate(metric)[present],
                height=_width(places),
                **_bar_style(index),
            )
        axis.set_yticks(range(len(present)), names, fontsize=8)
        axis.set_xlabel(f"{METRICS[metric]} within the class (per mille of its pixels)")
        axis.margins(y=0.01)
        axis.invert_yaxis()
    axes[0].set_ylabel(
        f"class {_region_source(places)}\n"
        f"(share of the pixels, mean distance to a border)",
        fontsize=9,
    )
    _finish(figure, path, places)


def save_row_bars(path: Path, places: Mapping[str, FlickerByPlace]) -> None:
    """Flicker of each tenth of the image height, from top to bottom.

    Args:
        path: PNG file.
        places: Flicker by place, by the name of the run.
    """
    figure, axes = _panels(places, (5.5, 1.4 + _bar_inches(places) * NUM_TENTHS))
    for axis, metric in zip(axes, metrics_of(places), strict=True):
        for index, found in enumerate(places.values()):
            axis.barh(
                _positions(index, len(places), NUM_TENTHS),
                found.tenths.rate(metric),
                height=_width(places),
                **_bar_style(index),
            )
        axis.set_yticks(range(NUM_TENTHS), TENTHS)
        axis.set_xlabel(f"{METRICS[metric]} there (per mille of the pixels)")
        axis.margins(y=0.01)
        axis.invert_yaxis()
    axes[0].set_ylabel("rows, in percent of the height from the top")
    _finish(figure, path, places)


def _panels(places, size):
    number = len(metrics_of(places))
    figure, axes = plt.subplots(
        1,
        number,
        figsize=(size[0] * number, size[1] + 0.2 * len(places)),
        squeeze=False,
        layout="constrained",
    )
    for axis in axes[0]:
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes[0]


def _finish(figure, path, places, line=None):
    handles = [
        Patch(label=shown_name(run), **_bar_style(index))
        for index, run in enumerate(places)
    ]
    if line:
        handles.append(Line2D([], [], color="black", linewidth=2, label=line))
    figure.legend(
        handles=handles,
        loc="outside upper left",
        ncols=fitting_columns(
            [handle.get_label() for handle in handles], figure.get_figwidth(), 4
        ),
        fontsize=9,
        frameon=False,
    )
    save_figure(figure, path)


def _bar_style(index):
    return {
        "facecolor": run_colour(index),
        "hatch": run_hatch(index),
        "edgecolor": "white",
        "linewidth": 0,
    }


def _region_source(places):
    of_labels = all(found.of_labels for found in places.values())
    return "of the labels" if of_labels else "of the predictions"


def _width(places):
    return 0.8 / len(places)


def _positions(index, num_runs, num_places):
    return np.arange(num_places) + (index - (num_runs - 1) / 2) * 0.8 / num_runs


def _bar_inches(places):
    return max(0.36, 0.14 * len(places))


def _pixels(distance):
    return "no pixel" if np.isnan(distance) else f"{distance:.1f} px"
