"""A figure with rows of pictures, one column per frame, and a legend of classes."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import Patch

from data.labels.palette import colourise
from experiments.presentation.figure_style import (
    fitting_columns,
    save_figure,
    shown_name,
)


def save_filmstrip(
    path: Path,
    rows: Sequence[tuple],
    classes: Sequence[str],
    palette: Sequence[tuple[int, int, int]],
    title: str = "",
    columns: Sequence[str] = (),
) -> None:
    """Draws rows of pictures, one column per frame, above a legend of the classes.

    Args:
        path: PNG file, written whole.
        rows: Caption and pictures of each row; pictures are uint8 RGB (height, width,
            3), label maps uint8 (height, width), or bool maps (height, width), shown
            white on black. A row may be shorter than the others; it ends at the last
            column. A row may have texts below its pictures as its third element.
        classes: Names of the classes.
        palette: RGB colours of the classes, 0 to 255.
        title: Text above the figure.
        columns: Text above each column.
    """
    num_columns = max(len(pictures) for _, pictures, *_ in rows)
    height, width = rows[0][1][0].shape[:2]
    inches = min(max(12 / num_columns, 3), 8)
    names = [shown_name(name, 24) for name in classes]
    legend_columns = fitting_columns(names, inches * num_columns, 8)
    legend_lines = -(-len(names) // legend_columns)
    lines = len(rows) * inches * height / width + 0.2 * sum(len(r) > 2 for r in rows)
    figure, axes = plt.subplots(
        len(rows),
        num_columns,
        figsize=(inches * num_columns, lines + 0.8 + 0.2 * legend_lines),
        squeeze=False,
        layout="constrained",
    )
    for row, line in zip(rows, axes, strict=True):
        _draw_row(line, palette, *row)
    for axis, text in zip(axes[0], columns, strict=False):
        axis.set_title(text, fontsize=9)
    letters = int(11 * inches * num_columns)  # that fit into the width
    figure.suptitle(textwrap.fill(title, letters), fontsize=11)
    colours = np.asarray(palette) / 255
    figure.legend(
        handles=[
            Patch(facecolor=colour, edgecolor="0.6", label=name)
            for name, colour in zip(names, colours, strict=True)
        ],
        loc="outside lower center",
        ncols=legend_columns,
        fontsize=8,
        frameon=False,
    )
    save_figure(figure, path)


def _draw_row(axes, palette, caption, pictures, texts=()):
    axes[0].set_ylabel(textwrap.fill(caption, 16), fontsize=9)
    for axis in axes:
        axis.set_xticks([])
        axis.set_yticks([])
        axis.spines[:].set_visible(False)
    filled = axes[len(axes) - len(pictures) :]
    for axis, picture in zip(filled, pictures, strict=True):
        axis.imshow(_as_rgb(picture, palette))
    for axis, text in zip(filled, texts, strict=False):
        axis.set_xlabel(text, fontsize=9)


def _as_rgb(picture, palette):
    if picture.dtype == bool:
        return np.repeat(picture[..., None] * np.uint8(255), 3, axis=-1)
    return colourise(picture, palette) if picture.ndim == 2 else picture
