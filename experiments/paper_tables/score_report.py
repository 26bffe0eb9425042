"""Table II or III beside the printed one: as text, Markdown, JSON and a picture."""

import json
import statistics

from data.files.whole_file import write_whole
from experiments.paper_tables.printed import PaperScores
from experiments.paper_tables.recipe import paper_recipe
from experiments.paper_tables.score_table import MEASURES, Network, Outcomes, Plan
from experiments.presentation.text_table import text_table

_FLICKER = {"mfip": "mFIP (per mille)", "mfp": "mFP (per mille)"}


def write_tables(plan: Plan, outcomes: Outcomes) -> None:
    """Writes table.txt, table.md and table.json into the plan's folder."""
    text = describe(plan, outcomes)
    write_whole(plan.workdir / "table.txt", f"{text}\n")
    write_whole(plan.workdir / "table.md", as_markdown(plan, outcomes))
    content = json.dumps(as_json(plan, outcomes), indent=2, ensure_ascii=False)
    write_whole(plan.workdir / "table.json", f"{content}\n")


def describe(plan: Plan, outcomes: Outcomes) -> str:
    """The table and its notes as text."""
    table = text_table(_header(plan), _rows(plan, outcomes))
    return "\n".join([_title(plan), "", table, *_with_gap(_notes(plan, outcomes))])


def as_markdown(plan: Plan, outcomes: Outcomes) -> str:
    """The table and its notes in Markdown."""
    lines = [_header(plan), ["---"] + ["---:"] * 6, *_rows(plan, outcomes)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    notes = [f"- {note}".replace("|", r"\|") for note in _notes(plan, outcomes)]
    return "\n".join([f"**{_title(plan)}**", "", table, *_with_gap(notes)]) + "\n"


def as_json(plan: Plan, outcomes: Outcomes) -> dict:
    """The table with the scores of every seed."""
    return {
        "table": plan.table.name,
        "dataset": plan.table.dataset,
        "flicker": plan.table.flicker,
        "mfip_split": plan.mfip_split,
        "seeds": list(plan.seeds),
        "settings": plan.recipe.settings,
        "init_from": plan.init_from,
        "networks": [_network_as_json(plan, outcomes, n) for n in plan.networks],
    }


def _network_as_json(plan, outcomes, network):
    content = {"model": network.model, "cell": network.cell, "name": network.name}
    for measure in MEASURES:
        by_seed = scores_by_seed(plan, outcomes, network, measure)
        values = list(by_seed.values())
        content[measure] = {
            "mean": statistics.mean(values) if values else None,
            "spread": statistics.stdev(values) if len(values) > 1 else None,
            "paper": getattr(paper_scores(plan, network), measure),
            "seeds": {str(seed): by_seed.get(seed) for seed in plan.seeds},
        }
    problems = {
        str(seed): outcome.problem
        for seed in plan.seeds
        if (outcome := outcomes.get((network, seed))) and outcome.problem
    }
    return {**content, "problems": problems}


def scores_by_seed(
    plan: Plan, outcomes: Outcomes, network: Network, measure: str
) -> dict[int, float]:
    """One score of a network, for each seed that has it."""
    found = {seed: outcomes.get((network, seed)) for seed in plan.seeds}
    return {
        seed: score
        for seed, outcome in found.items()
        if outcome and outcome.scores
        if (score := outcome.scores[measure]) is not None
    }


def paper_scores(plan: Plan, network: Network) -> PaperScores:
    """The printed scores of a network."""
    return plan.table.rows[network.version, network.cell]


def titles(plan: Plan) -> tuple[str, ...]:
    """Titles of the columns, in the order of `MEASURES`."""
    return "acc. (%)", "mIoU (%)", _FLICKER[plan.table.flicker]


def _header(plan):
    return ["", *(text for name in titles(plan) for text in (name, "paper"))]


def _rows(plan, outcomes):
    return [
        [
            network.name,
            *(
                text
                for measure in MEASURES
                for text in (
                    _cell(plan, outcomes, network, measure),
                    f"{getattr(paper_scores(plan, network), measure):.2f}",
                )
            ),
        ]
        for network in plan.networks
    ]


def _cell(plan, outcomes, network, measure):
    values = list(scores_by_seed(plan, outcomes, network, measure).values())
    if len(values) > 1:
        return f"{statistics.mean(values):.2f} ± {statistics.stdev(values):.2f}"
    if values:
        return f"{values[0]:.2f}"
    found = [outcomes.get((network, seed)) for seed in plan.seeds]
    return "failed" if any(outcome and outcome.problem for outcome in found) else "-"


def _title(plan):
    seeds = ", ".join(map(str, plan.seeds))
    several = f", mean ± standard deviation of the seeds {seeds}"
    which = several if len(plan.seeds) > 1 else f", seed {seeds}"
    return f"{plan.table.name}, {plan.table.dataset}{which}"


def _notes(plan, outcomes):
    """What differs from the paper, and what is missing."""
    paper = paper_recipe(plan.table.dataset).settings
    others = [line for line in plan.recipe.settings if line not in paper]
    if others:
        yield f"Trained with other settings than the paper's: {' '.join(others)}"
    start = plan.init_from or "random weights"
    yield f"ICNet was trained from {start}, the LSTM-ICNets from that ICNet."
    if plan.mfip_split == "val":
        yield "mFIP was measured on val, the paper's on the demo videos."
    missing = [
        f"{network.name}, seed {seed}"
        for network in plan.networks
        for seed in plan.seeds
        if (network, seed) not in outcomes
    ]
    if missing:
        yield f"Not done yet: {'; '.join(missing)}"
    for (network, seed), outcome in outcomes.items():
        if outcome.problem:
            yield f"{network.name}, seed {seed}: {outcome.problem}"


def _with_gap(notes):
    notes = list(notes)
    return ["", *notes] if notes else []
