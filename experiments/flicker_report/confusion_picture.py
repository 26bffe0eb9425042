"""A picture of confusion matrices."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt

from experiments.presentation.figure_style import save_figure, shown_name

_MAX_WITH_NUMBERS = 25  # classes


def save_confusion(
    path: Path, matrices: Mapping[str, np.ndarray], classes: Sequence[str]
) -> None:
    """Draws which percentage of the pixels of each label is predicted as each class.

    Args:
        path: PNG file.
        matrices: Numbers of pixels (classes, classes) by run; rows are labels, columns
            predictions.
        classes: Names of the classes.
    """
    matrices = {run: np.asarray(matrix) for run, matrix in matrices.items()}
    total = sum(matrices.values())
    present = np.flatnonzero(total.sum(axis=0) + total.sum(axis=1))
    names = [shown_name(classes[k], 24) for k in present]
    columns = min(len(matrices), 2)
    lines = -(-len(matrices) // columns)
    side = max(0.42 * len(names), 2.5) + 1.4  # inches
    figure, axes = plt.subplots(
        lines,
        columns,
        figsize=(side * columns + 0.8, side * lines),
        squeeze=False,
        layout="constrained",
    )
    for axis in axes.flat[len(matrices) :]:
        axis.set_visible(False)
    for axis, (run, matrix) in zip(axes.flat, matrices.items(), strict=False):
        drawn = _draw_panel(axis, matrix[np.ix_(present, present)], names)
        axis.set_title(shown_name(run), fontsize=10)
    bar = figure.colorbar(drawn, ax=axes, shrink=0.6)
    bar.set_label("of the label's pixels (%)")
    save_figure(figure, path)


def _draw_panel(axis, matrix, names):
    pixels = matrix.sum(axis=1, keepdims=True)
    percent = 100 * matrix / np.maximum(pixels, 1)
    drawn = axis.imshow(percent, cmap="Blues", vmin=0, vmax=100)
    axis.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
    axis.set_yticks(range(len(names)), names, fontsize=8)
    axis.set_xlabel("prediction")
    axis.set_ylabel("label")
    if len(names) <= _MAX_WITH_NUMBERS:
        for (row, column), value in np.ndenumerate(percent):
            if value >= 0.5 or row == column:
                colour = "white" if value > 60 else "black"
                place = {"ha": "center", "va": "center", "fontsize": 7}
                axis.text(column, row, f"{value:.0f}", color=colour, **place)
    return drawn
