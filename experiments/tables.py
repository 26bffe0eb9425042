r"""Trains and scores all networks of Table II or III, and prints it beside the paper's.

    python -m experiments.tables --dataset=cityscapes --data_dir=$CITYSCAPES \
        --workdir=runs/table2

ICNet comes first, and the twelve LSTM-ICNets start from it, all with the recipe of the
paper, `experiments/recipes/cityscapes.flags` or `virtual_kitti.flags`. The cost is
computed there: 28 and 13 hours on a device that sustains 5 TFLOP/s. The same command
again skips what is done and continues what was interrupted. A network that fails is
named below the table, the others go on, and the exit code is 1.

The table is written into the workdir as table.txt, table.md and table.json after each
network, and drawn as table.png at the end. Each training is a process of its own, whose
output is in seed_N/NETWORK/train.log. To try the command on small images:

    python -m experiments.render_synthetic --out_dir=synthetic
    python -m experiments.tables --dataset=virtual_kitti --data_dir=synthetic \
        --workdir=runs/try --networks=icnet,lstm_icnet_v2_separable --set=steps=20 \
        --set=height=128 --set=width=256
"""

from itertools import starmap
from pathlib import Path

from absl import flags

from data.datasets.open_dataset import open_dataset
from data.files.whole_file import refuse_file
from experiments.command_line import command
from experiments.command_line.flag_checks import parsed_seeds
from experiments.paper_tables.printed import SCORE_TABLES, TABLE_2
from experiments.paper_tables.recipe import paper_recipe
from experiments.paper_tables.score_report import describe, write_tables
from experiments.paper_tables.score_table import Network, Outcomes, Plan, run_plan

_NETWORKS = {network.key: network for network in starmap(Network, TABLE_2.rows)}

_DATASET = flags.DEFINE_enum(
    "dataset",
    None,
    list(SCORE_TABLES),
    "Name of the data set: cityscapes for Table II, virtual_kitti for Table III.",
    required=True,
)
_DATA_DIR = flags.DEFINE_string(
    "data_dir",
    None,
    "Folder of the data set, or of shards made by prepare_data.",
    required=True,
)
_WORKDIR = flags.DEFINE_string(
    "workdir",
    None,
    "Folder for the table and for the working folders of all trainings.",
    required=True,
)
_SEEDS = flags.DEFINE_list(
    "seeds",
    ["0"],
    "Seeds of the trainings, separated by commas; with several, the table has the mean "
    "and the standard deviation.",
)
_CHOSEN = flags.DEFINE_list(
    "networks",
    [],
    "Networks to train besides ICNet, such as "
    "lstm_icnet_v2_separable,lstm_icnet_v5_spatial; all twelve by default.",
)
_INIT_FROM = flags.DEFINE_string(
    "init_from",
    None,
    "Network that ICNet starts from, as for train; random weights by default.",
)
_SET = flags.DEFINE_multi_string(
    "set",
    [],
    "Flag of train that overrides the recipe in all trainings, such as steps=200; may "
    "be repeated.",
)
_MFIP_SPLIT = flags.DEFINE_enum(
    "mfip_split",
    "demoVideo",
    ["demoVideo", "val"],
    "Split of Cityscapes that mFIP is measured on: demoVideo as in the paper, or the "
    "snippets of val.",
)


def _plan() -> Plan:
    table = SCORE_TABLES[_DATASET.value]
    return Plan(
        table=table,
        data_dir=_DATA_DIR.value,
        workdir=Path(_WORKDIR.value),
        recipe=paper_recipe(table.dataset, _SET.value),
        networks=_chosen_networks(),
        seeds=parsed_seeds(_SEEDS.value),
        init_from=_INIT_FROM.value,
        mfip_split=_MFIP_SPLIT.value if table.flicker == "mfip" else None,
    )


def _chosen_networks() -> list[Network]:
    unknown = set(_CHOSEN.value) - _NETWORKS.keys()
    if unknown:
        raise ValueError(
            f"--networks must be some of {', '.join(_NETWORKS)}. Received: "
            f"{', '.join(sorted(unknown))}"
        )
    chosen = {"icnet", *_CHOSEN.value} if _CHOSEN.value else _NETWORKS
    return [network for key, network in _NETWORKS.items() if key in chosen]


def _check_data(plan: Plan) -> None:
    """Reads the lists of all videos, so that a missing split is found at the start."""
    dataset = open_dataset(plan.table.dataset, plan.data_dir)
    scored = ["test"] if plan.mfip_split is None else ["val", plan.mfip_split]
    for split in dict.fromkeys(["train", *scored]):
        try:
            dataset.read_videos(plan.data_dir, split)
        except FileNotFoundError as error:
            if split != "demoVideo":
                raise
            raise FileNotFoundError(
                f"{error}. --mfip_split=val measures mFIP without the demo videos"
            ) from None


def _refuse_problems(outcomes: Outcomes) -> None:
    problems = [outcome.problem for outcome in outcomes.values() if outcome.problem]
    if problems:
        raise ValueError(
            f"{len(problems)} of {len(outcomes)} networks have no scores, for the "
            f"reasons below the table"
        )


def main():
    command.log_flags()
    if flags.FLAGS["mfip_split"].present and _DATASET.value != TABLE_2.dataset:
        raise ValueError(f"--mfip_split is for --dataset={TABLE_2.dataset}")
    plan = _plan()
    refuse_file(plan.workdir)
    _check_data(plan)
    outcomes = run_plan(plan, lambda outcomes: write_tables(plan, outcomes))
    from experiments.paper_tables.score_picture import save_picture  # Matplotlib

    save_picture(plan.workdir / "table.png", plan, outcomes)
    print(f"\n{describe(plan, outcomes)}\n")
    print(f"Also in {plan.workdir}: table.md, table.json, table.png")
    _refuse_problems(outcomes)


if __name__ == "__main__":
    command.run(main)
