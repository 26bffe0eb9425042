"""Pictures of segmented video, as in Figs. 2 and 3 of the paper."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np

from data.palette import colourise

matplotlib.use("Agg")  # files only: servers have no display

from matplotlib import pyplot as plt
from matplotlib.patches import Patch

matplotlib.rcParams["text.parse_math"] = False  # names may hold dollar signs
# Okabe and Ito's, which colour-blind readers can tell apart, the darkest first.
_RUN_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_RUN_LINES = ("-", "--", ":")
_RUN_HATCHES = ("", "///", "...")


def save_filmstrip(
    path: Path,
    rows: Sequence[tuple],
    classes: Sequence[str],
    palette: Sequence[tuple[int, int, int]],
    title: str = "",
    columns: Sequence[str] = (),
) -> None:
    """Rows of pictures, one column a frame, with the classes' colours below.

    Args:
        path: PNG file, written whole.
        rows: Caption and pictures of each row: uint8 RGB (height, width, 3), label
            maps uint8 (height, width), or bool maps (height, width), shown white on
            black. A row may be shorter than the others; it ends at the last column.
            A third element, if a row has one, are texts below its pictures.
        classes: Names, and
        palette: RGB colours, 0 to 255, of the classes.
        title: What stands above.
        columns: What stands above each column.
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


def save_figure(figure, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.partial")
    figure.savefig(temporary, format="png", dpi=120)
    plt.close(figure)
    temporary.replace(path)


def run_colour(index: int) -> str:
    """The colour of a run, by its place in the order of runs."""
    return _RUN_COLOURS[index % len(_RUN_COLOURS)]


def run_line(index: int) -> str:
    """The line style of a run; another where the colours start again."""
    return _RUN_LINES[index // len(_RUN_COLOURS) % len(_RUN_LINES)]


def run_hatch(index: int) -> str:
    """The hatching of a run's bars; another where the colours start again."""
    return _RUN_HATCHES[index // len(_RUN_COLOURS) % len(_RUN_HATCHES)]


def fitting_columns(names: Sequence[str], inches: float, most: int) -> int:
    """How many columns of a legend in 9 point letters fit into a width."""
    column = 0.65 + 0.08 * max(map(len, names), default=0)
    return max(1, min(int(inches / column), most, len(names)))


def shown_name(name: str, width: int = 40) -> str:
    """A name as pictures show it: of a long one the end, which tells it from others.

    matplotlib leaves names that start with an underscore out of legends.
    """
    text = name if len(name) <= width else f"\u2026{name[1 - width :]}"
    return f" {text}" if text.startswith("_") else text
