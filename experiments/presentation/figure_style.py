"""The style of all figures: colours and lines of runs, names, saving."""

from collections.abc import Sequence

import matplotlib
from matplotlib import pyplot as plt

from data.files.whole_file import whole_file

matplotlib.use("Agg")  # files only: servers have no display
matplotlib.rcParams["text.parse_math"] = False  # names may hold dollar signs

# Okabe and Ito's, which colour-blind readers can tell apart, the darkest first.
_RUN_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_RUN_LINES = ("-", "--", ":")
_RUN_HATCHES = ("", "///", "...")


def save_figure(figure, path):
    """Writes a figure as a PNG file, whole or not at all, and closes it."""
    try:
        with whole_file(path) as temporary:
            figure.savefig(temporary, format="png", dpi=120)
    finally:
        plt.close(figure)


def run_colour(index: int) -> str:
    """The colour of a run, by its place in the order of runs."""
    return _RUN_COLOURS[index % len(_RUN_COLOURS)]


def run_line(index: int) -> str:
    """The line style of a run; it changes when the colours repeat."""
    return _RUN_LINES[index // len(_RUN_COLOURS) % len(_RUN_LINES)]


def run_hatch(index: int) -> str:
    """The hatching of a run's bars; it changes when the colours repeat."""
    return _RUN_HATCHES[index // len(_RUN_COLOURS) % len(_RUN_HATCHES)]


def fitting_columns(names: Sequence[str], inches: float, most: int) -> int:
    """How many columns of a legend in 9 point letters fit into a width."""
    column = 0.65 + 0.08 * max(map(len, names), default=0)
    return max(1, min(int(inches / column), most, len(names)))


def shown_name(name: str, width: int = 40) -> str:
    """A name as pictures show it; a long one is cut at its start.

    matplotlib leaves names that start with an underscore out of legends.
    """
    text = name if len(name) <= width else f"\u2026{name[1 - width :]}"
    return f" {text}" if text.startswith("_") else text
