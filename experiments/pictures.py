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


def save_filmstrip(
    path: Path,
    rows: Sequence[tuple[str, Sequence[np.ndarray]]],
    classes: Sequence[str],
    palette: Sequence[tuple[int, int, int]],
    title: str = "",
) -> None:
    """Rows of pictures, one column a frame, with the classes' colours below.

    Args:
        path: PNG file, written whole.
        rows: Caption and pictures of each row: uint8 RGB (height, width, 3), label
            maps uint8 (height, width), or bool maps (height, width), shown white on
            black. A row may be shorter than the others; it ends at the last column.
        classes: Names, and
        palette: RGB colours, 0 to 255, of the classes.
        title: What stands above.
    """
    columns = max(len(pictures) for _, pictures in rows)
    height, width = rows[0][1][0].shape[:2]
    inches = 12 / columns
    figure, axes = plt.subplots(
        len(rows),
        columns,
        figsize=(12, len(rows) * inches * height / width + 1.2),
        squeeze=False,
        layout="constrained",
    )
    for (caption, pictures), row in zip(rows, axes, strict=True):
        row[0].set_ylabel(textwrap.fill(caption, 16), fontsize=9)
        for axis in row:
            axis.set_xticks([])
            axis.set_yticks([])
            axis.spines[:].set_visible(False)
        for axis, picture in zip(row[columns - len(pictures) :], pictures, strict=True):
            axis.imshow(_as_rgb(picture, palette), interpolation="nearest")
    figure.suptitle(title, fontsize=11)
    colours = np.asarray(palette) / 255
    figure.legend(
        handles=[
            Patch(facecolor=colour, edgecolor="0.6", label=name)
            for name, colour in zip(classes, colours, strict=True)
        ],
        loc="outside lower center",
        ncols=min(len(classes), 7),
        fontsize=8,
        frameon=False,
    )
    save_figure(figure, path)


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
