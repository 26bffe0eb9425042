"""Table IV and Figure 1 of the paper with our values beside the printed ones."""

from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt

from experiments.benchmarks.compiled import device
from experiments.paper_tables.table4 import Row, percent_of_standard
from experiments.presentation.figure_style import save_figure
from experiments.presentation.text_table import text_table


def describe(rows: list[Row], image_size) -> str:
    """The table: parameters, GFLOPs and time of a step, each with its percentage.

    The last column is the time from a frame to its label map.
    """
    kind, name = device()
    header = (
        *("", "parameters", "%", "paper", "GFLOPs", "%", "paper"),
        *(f"{kind} ms", "quartiles", "%", "paper ms", "%", "frame ms"),
    )
    percents = [
        percent_of_standard(rows, value)
        for value in (
            lambda row: row.parameters,
            lambda row: row.flops,
            lambda row: row.timing.median_ms,
            lambda row: _paper_ms(row, kind),
        )
    ]
    lines = [
        (
            row.name,
            f"{row.parameters // 1000}k",
            f"{parameters:.2f}",
            f"{row.paper.parameters}k",
            f"{row.flops / 1e9:.2f}",
            f"{flops:.2f}",
            f"{row.paper.gflops:.2f}",
            f"{row.timing.median_ms:.0f}",
            f"{row.timing.low_ms:.0f} to {row.timing.high_ms:.0f}",
            f"{ms:.2f}",
            f"{_paper_ms(row, kind):g}",
            f"{paper:.2f}",
            f"{row.frame.median_ms:.0f}",
        )
        for row, parameters, flops, ms, paper in zip(rows, *percents, strict=True)
    ]
    size = "x".join(map(str, image_size))
    return f"Table IV at {size} on {name}; the paper's at 1024x2048\n" + text_table(
        header, lines
    )


def _paper_ms(row, kind):
    return row.paper.gpu_ms if kind == "gpu" else row.paper.cpu_ms


def save_figure_1(path: Path, rows: list[Row]) -> None:
    """Bars of parameters, GFLOPs and time in percent of ICNet's; crosses: the paper.

    The figure in the paper shows the standard cells only, and times on a GPU.
    """
    kind, name = device()
    figure, axes = plt.subplots(
        1, 3, figsize=(13, 4.6), sharey=True, layout="constrained"
    )
    ours_of = {
        "parameters": lambda row: row.parameters,
        "GFLOPs": lambda row: row.flops,
        f"time of one step, {name}": lambda row: row.timing.median_ms,
    }
    papers_of = (
        lambda row: row.paper.parameters,
        lambda row: row.paper.gflops,
        lambda row: _paper_ms(row, kind),
    )
    colours = {None: "0.4", "standard": "tab:red", "spatial": "tab:orange"}
    colours |= {"depthwise": "tab:green", "separable": "tab:blue"}
    names = [row.name for row in rows]
    for axis, (title, ours), papers in zip(
        axes, ours_of.items(), papers_of, strict=True
    ):
        axis.barh(
            names,
            100 * np.array([ours(row) for row in rows]) / ours(rows[0]),
            color=[colours[row.cell] for row in rows],
        )
        axis.plot(
            100 * np.array([papers(row) for row in rows]) / papers(rows[0]),
            names,
            "kx",
            label="the paper's",
        )
        axis.axvline(100, color="0.3", linewidth=0.8)
        axis.set_title(title, fontsize=10)
        axis.set_xlabel("percent of ICNet's")
    axes[0].invert_yaxis()
    axes[0].legend(loc="lower right", fontsize=9)
    save_figure(figure, path)
