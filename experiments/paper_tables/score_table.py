"""Table II or III of the paper: all networks trained and scored one after another.

seed_0/icnet/                      a folder of experiments.train
    train.log, evaluate.log        output of the two verbs
    val.json, ...                  the scores of a split, as experiments.evaluate writes
    scores.json                    the figures of the table, when all else is done
seed_0/lstm_icnet_v2_standard/     the same; it starts from the ICNet of its seed
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from data.files.whole_file import write_whole
from experiments.paper_tables.children import Children
from experiments.paper_tables.printed import ScoreTable, paper_name
from experiments.paper_tables.recipe import Recipe
from experiments.training.workdir.lock import lock_workdir

MEASURES = ("accuracy", "mean_iou", "flicker")
_WAIT_SECONDS = 1.0


@dataclass(frozen=True)
class Network:
    """A row of the table: `None` and `None` for ICNet."""

    version: int | None
    cell: str | None

    @property
    def name(self) -> str:
        """As the paper names it."""
        return paper_name(self.version, self.cell)

    @property
    def model(self) -> str:
        """For `--model`."""
        return "icnet" if self.version is None else f"lstm_icnet_v{self.version}"

    @property
    def key(self) -> str:
        """Name of its folder, such as lstm_icnet_v2_separable."""
        return self.model if self.cell is None else f"{self.model}_{self.cell}"


@dataclass(frozen=True)
class Plan:
    """What is trained and scored.

    Attributes:
        table: The paper's table.
        data_dir: Folder of its data set.
        workdir: Folder for everything that is written.
        recipe: Flags of all trainings.
        networks: In the order of the table, ICNet first.
        seeds: Each network is trained once for each.
        init_from: What ICNet starts from, if anything.
        mfip_split: Split that mFIP is measured on, if the table has mFIP.
    """

    table: ScoreTable
    data_dir: str
    workdir: Path
    recipe: Recipe
    networks: Sequence[Network]
    seeds: Sequence[int]
    init_from: str | None = None
    mfip_split: str | None = None

    def folder(self, network: Network, seed: int) -> Path:
        # Absolute, as it is an argument of processes and compared with those before.
        return self.workdir.absolute() / f"seed_{seed}" / network.key


@dataclass(frozen=True)
class Outcome:
    """The scores of one network with one seed, or why there are none.

    Attributes:
        scores: By the names in `MEASURES`, `None` where nothing was measured; `None`
            for all if there are no scores.
        problem: A sentence, or `None`.
    """

    scores: dict[str, float | None] | None = None
    problem: str | None = None


Outcomes = dict[tuple[Network, int], Outcome]


def run_plan(plan: Plan, on_change: Callable[[Outcomes], None]) -> Outcomes:
    """Trains and scores what is not done, and continues what was interrupted.

    A network that fails does not end the others, except that those which start from a
    failed ICNet are left out.

    Args:
        plan: What to do.
        on_change: Called with all outcomes so far, after each network.

    Raises:
        ValueError: If another process works in the same folder.
    """
    done: Outcomes = {}
    with _locked(plan.workdir), Children() as children:
        for seed in plan.seeds:
            for index, network in enumerate(plan.networks, start=1):
                title = f"{index}/{len(plan.networks)} {network.name}, seed {seed}"
                done[network, seed] = _outcome(plan, network, seed, title, children)
                icnet = done[plan.networks[0], seed]
                _print_outcome(title, done[network, seed])
                on_change(done)
                if icnet.problem:
                    reason = f"not trained, as ICNet with seed {seed} failed"
                    done |= {
                        (other, seed): Outcome(problem=reason)
                        for other in plan.networks[1:]
                    }
                    on_change(done)
                    break
    return done


def _outcome(plan, network, seed, title, children):
    folder = plan.folder(network, seed)
    settings = _settings(plan, network)
    scores_file = folder / "scores.json"
    found = _read(scores_file)
    if found.get("settings") == settings:
        return Outcome({name: found[name] for name in MEASURES})
    folder.mkdir(parents=True, exist_ok=True)
    scores_file.unlink(missing_ok=True)  # of other settings
    _wait_until_free(folder)
    problem = _train(plan, network, seed, title, children)
    if problem:
        return Outcome(problem=f"training failed: {problem} ({folder / 'train.log'})")
    scores: dict[str, float | None] = {}
    for split, flags, measures in _scorings(plan):
        print(f"{title}: scoring on {split}", flush=True)
        problem = _evaluate(plan, folder, split, flags, children)
        if problem:
            log = folder / "evaluate.log"
            return Outcome(problem=f"scoring on {split} failed: {problem} ({log})")
        found = _read(folder / f"{split}.json")
        scores |= {name: found.get(key) for name, key in measures.items()}
    content = {"settings": settings, **scores}
    write_whole(scores_file, json.dumps(content, indent=2) + "\n")
    return Outcome(scores)


def _settings(plan, network):
    """What the scores depend on, apart from the network and the seed."""
    settings = [*plan.recipe.settings, f"mfip_split={plan.mfip_split}"]
    if network.version is None:
        settings.append(f"init_from={plan.init_from}")
    return settings


def _train(plan, network, seed, title, children):
    folder = plan.folder(network, seed)
    init_from = plan.init_from
    arguments = [*plan.recipe.flags, f"--model={network.model}", f"--seed={seed}"]
    if network.version is None:
        arguments += ["--num_frames=1", "--noevery_label"]
    else:
        init_from = plan.folder(plan.networks[0], seed)
        arguments += [f"--cell={network.cell}"]
    arguments += [f"--data_dir={plan.data_dir}", f"--workdir={folder}"]
    if init_from:
        arguments += [f"--init_from={init_from}"]
    steps = plan.recipe.value("steps")
    print(f"{title}: training, {steps} steps", flush=True)
    total = int(steps) if steps.isdecimal() else None  # a mistake, which train reports
    metrics = folder / "metrics.jsonl"
    bar = tqdm(
        total=total,
        initial=last_step(metrics),
        unit="step",
        desc=title,
        leave=False,
        disable=None,
    )
    with bar:

        def show():
            bar.n = last_step(metrics)
            bar.refresh()

        return children.run("train", arguments, folder / "train.log", show)


def _scorings(plan):
    """(split, flags of evaluate, key in its JSON by measure) of each scoring."""
    flicker, mfip_split = plan.table.flicker, plan.mfip_split
    accuracies = {"accuracy": "accuracy", "mean_iou": "mean_iou"}
    if flicker == "mfp":
        yield "test", [], accuracies | {"flicker": "mfp"}
    elif mfip_split == "val":
        yield "val", ["--every_frame"], accuracies | {"flicker": "mfip"}
    else:
        yield "val", [], accuracies
        yield mfip_split, [], {"flicker": "mfip"}


def _evaluate(plan, folder, split, flags, children):
    arguments = [
        f"--dataset={plan.table.dataset}",
        f"--data_dir={plan.data_dir}",
        f"--workdir={folder}",
        f"--split={split}",
        f"--num_frames={plan.recipe.value('num_frames')}",
        "--notc",
        f"--json={folder / f'{split}.json'}",
        *flags,
    ]
    return children.run("evaluate", arguments, folder / "evaluate.log", lambda: None)


def _print_outcome(title, outcome):
    if outcome.scores is None:
        print(f"{title}: {outcome.problem}", flush=True)
        return
    iou = outcome.scores["mean_iou"]
    print(f"{title}: {'done' if iou is None else f'mean IoU {iou:.2f} %'}", flush=True)


def _read(file):
    """The object in a JSON file that this program or `evaluate` wrote."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def last_step(file: Path) -> int:
    """The step of the last whole line of metrics.jsonl, 0 if there is none."""
    try:
        with file.open("rb") as metrics:
            size = metrics.seek(0, os.SEEK_END)
            metrics.seek(max(0, size - 4096))
            *lines, _ = metrics.read().split(b"\n")
        return json.loads(lines[-1])["step"]
    except (FileNotFoundError, IndexError):
        return 0


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a+b", buffering=0) as file:
        lock_workdir(file, folder)
        yield


def _wait_until_free(folder):
    """Waits for a training that outlived its killed parent and saves its step."""
    waits = False
    while True:
        try:
            with _locked(folder):
                return
        except ValueError:
            if not waits:
                print(f"Waiting for the training in {folder} to end", flush=True)
            waits = True
            time.sleep(_WAIT_SECONDS)
