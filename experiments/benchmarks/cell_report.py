"""The results of `cell_benchmark` as tables and as a chart."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib import pyplot as plt

from experiments.benchmarks.cell_benchmark import YARDSTICK, Row
from experiments.presentation.figure_style import save_figure
from experiments.presentation.text_table import table_of

_COLUMNS = {
    "": lambda row: row.name,
    "ms": lambda row: f"{row.ms:.1f}",
    "quartiles": lambda row: f"{row.low_ms:.1f} to {row.high_ms:.1f}",
    "to Keras": lambda row: f"{row.ratio:.3f}",
    "of matmul rate": lambda row: f"{row.matmul_share:.0%}",
    "to bound": lambda row: f"{row.ms / row.bound_ms:.1f}",
}


def describe(rows: Sequence[Row]) -> str:
    """A table for each job: times, ratios to Keras' layer and to the bounds."""
    tables = []
    for job in dict.fromkeys(row.job for row in rows):
        of_job = [row for row in rows if row.job == job]
        size = "x".join(map(str, of_job[0].size))
        title = f"{job}, {size}, kernel {of_job[0].kernel_size}"
        tables.append(f"{title}\n{table_of(of_job, _COLUMNS)}")
    return "\n\n".join(tables)


def save_chart(path: Path, rows: Sequence[Row]) -> None:
    """Bars of the ratio to Keras' layer, a panel for each job, size and kernel."""
    panels = list(dict.fromkeys((row.size, row.kernel_size, row.job) for row in rows))
    columns = min(len(panels), 4)
    lines = -(-len(panels) // columns)
    figure, axes = plt.subplots(
        lines,
        columns,
        figsize=(4.2 * columns, 3.2 * lines),
        squeeze=False,
        sharey=True,
        layout="constrained",
    )
    for axis in axes.flat[len(panels) :]:
        axis.set_visible(False)
    for axis, panel in zip(axes.flat, panels, strict=False):
        of_panel = [r for r in rows if (r.size, r.kernel_size, r.job) == panel]
        _draw_panel(axis, panel, of_panel)
    axes[0, 0].invert_yaxis()  # of all: they share it; the first row on top
    figure.supxlabel(f"time as a ratio to {YARDSTICK}; whiskers are quartiles")
    save_figure(figure, path)


def _draw_panel(axis, panel, rows):
    size, kernel_size, job = panel
    yardstick = next(row.ms for row in rows if row.name == YARDSTICK)
    names = [row.name for row in rows]
    ratios = [row.ratio for row in rows]
    spread = [
        [(row.ms - row.low_ms) / yardstick for row in rows],
        [(row.high_ms - row.ms) / yardstick for row in rows],
    ]
    colours = {"ours": "tab:blue", "literal": "0.7", "keras": "0.4"}
    axis.barh(
        names,
        ratios,
        xerr=spread,
        color=[colours[name.split()[0]] for name in names],
    )
    for name, row in zip(names, rows, strict=True):
        end = row.high_ms / yardstick
        axis.annotate(f" {row.ratio:.2f}", (end, name), va="center", fontsize=8)
    axis.axvline(1.0, color="0.3", linewidth=0.8)
    axis.set_xlim(0, 1.25 * max(row.high_ms for row in rows) / yardstick)
    axis.set_title(
        f"{job.replace('_', ' ')}, {'x'.join(map(str, size))}, kernel {kernel_size}",
        fontsize=9,
    )
