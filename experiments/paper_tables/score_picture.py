"""A picture of Table II or III: our scores beside the printed ones."""

import statistics
from pathlib import Path

from matplotlib import pyplot as plt

from experiments.paper_tables.score_report import paper_scores, scores_by_seed, titles
from experiments.paper_tables.score_table import MEASURES, Outcomes, Plan
from experiments.presentation.figure_style import run_colour, save_figure

_BETTER = {"accuracy": "higher", "mean_iou": "higher", "flicker": "lower"}


def save_picture(path: Path, plan: Plan, outcomes: Outcomes) -> None:
    """Draws the scores, and below them the differences to ICNet with the same seed.

    Dots are ours, with the standard deviation over the seeds; crosses are the paper's.

    Args:
        path: PNG file.
        plan: Says which networks, in which order.
        outcomes: Networks without scores have no dot.
    """
    height = 2.5 + 0.5 * len(plan.networks)
    figure, axes = plt.subplots(
        2, 3, figsize=(13, height), sharey=True, layout="constrained"
    )
    for column, (measure, title) in enumerate(zip(MEASURES, titles(plan), strict=True)):
        ours = [scores_by_seed(plan, outcomes, n, measure) for n in plan.networks]
        papers = [getattr(paper_scores(plan, n), measure) for n in plan.networks]
        _draw(axes[0, column], plan, ours, papers)
        axes[0, column].set_title(f"{title}, {_BETTER[measure]} is better", fontsize=10)
        differences = [
            {seed: row[seed] - ours[0][seed] for seed in row.keys() & ours[0].keys()}
            for row in ours
        ]
        _draw(axes[1, column], plan, differences, [p - papers[0] for p in papers])
        axes[1, column].axvline(0, color="0.3", linewidth=0.8)
        axes[1, column].set_title("difference to ICNet", fontsize=10)
    axes[0, 0].set_ylim(len(plan.networks) - 0.5, -0.5)  # of all, as they share it
    axes[0, 0].legend(loc="best", fontsize=9)
    seeds = ", ".join(map(str, plan.seeds))
    which = "seeds" if len(plan.seeds) > 1 else "seed"
    figure.suptitle(
        f"{plan.table.name}, {plan.table.dataset}, {which} {seeds}", fontsize=11
    )
    save_figure(figure, path)


def _draw(axis, plan, ours, papers):
    """Dots and crosses, a line for each network.

    Args:
        ours: By seed, for each network.
        papers: For each network.
    """
    names = [network.name for network in plan.networks]
    scored = [
        (name, [*row.values()]) for name, row in zip(names, ours, strict=True) if row
    ]
    axis.plot(papers, names, "x", color=run_colour(1), label="the paper's")
    axis.errorbar(
        [statistics.mean(values) for _, values in scored],
        [name for name, _ in scored],
        xerr=[statistics.stdev(v) if len(v) > 1 else 0 for _, v in scored],
        fmt="o",
        color=run_colour(0),
        label="ours" if len(plan.seeds) == 1 else "ours, ± standard deviation",
    )
    axis.grid(axis="x", color="0.9")
