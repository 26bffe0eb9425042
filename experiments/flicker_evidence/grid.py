"""Trains recipes with several seeds on one GPU, and writes a row of scores each."""

import json
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.files.workers import worker_pool
from data.readers.dataset_info import DatasetInfo
from data.videos.video import Video
from experiments.flicker_evidence.job import STOP_FILE, run_jobs
from experiments.flicker_evidence.measures import measures
from experiments.flicker_evidence.pools import make_pool
from experiments.flicker_evidence.recipes import Recipe, pool_size
from experiments.flicker_evidence.scored_videos import (
    ScoredVideo,
    open_scored,
    save_scored,
)
from experiments.flicker_evidence.smoothings import Smoothing

_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Grid:
    """Settings of a grid of trainings.

    Attributes:
        folder: For pools, weights and logits.
        rows_file: JSON lines, one row of scores each; rows are appended when computed.
        image_size: (height, width) of the networks.
        info: Facts of the data set.
        seeds: Each recipe is trained once per seed.
        num_clips: Clips in each pool; a pool of single frames has four times as many.
        deadline: Value of `time.time()` after which no training is started.
        keep: Recipes whose weights are kept in `folder`.
        start_from: Folder of a grid whose networks are trained further, or `None`.
        processes: How many groups train at the same time, or `None` for all.
    """

    folder: Path
    rows_file: Path
    image_size: tuple[int, int]
    info: DatasetInfo
    seeds: Sequence[int]
    num_clips: int
    deadline: float
    keep: Sequence[str] = ()
    start_from: Path | None = None
    processes: int | None = None


def run_grid(
    grid: Grid,
    train: Sequence[Video],
    scored: Mapping[str, Iterable[ScoredVideo]],
    groups: Sequence[Sequence[Recipe]],
    smoothings: Callable[[str], Sequence[Smoothing]],
) -> None:
    """Trains all recipes and writes all rows.

    Args:
        grid: Where and how.
        train: Videos trained on.
        scored: What is scored on, by name.
        groups: Recipes by the process that trains them, ICNet's own alone in the first.
        smoothings: The smoothings that a recipe, given by its name, gets rows for.

    Raises:
        RuntimeError: After all others have ended, if a recipe failed.
    """
    grid.rows_file.parent.mkdir(parents=True, exist_ok=True)
    (grid.folder / "logits").mkdir(parents=True, exist_ok=True)
    (grid.folder / STOP_FILE).unlink(missing_ok=True)
    with (
        worker_pool(min(grid.processes or len(groups), len(groups))) as trainings,
        worker_pool(max(1, (os.cpu_count() or 1) // 2)) as scorings,
    ):
        waiting = [
            trainings.submit(
                run_jobs,
                group,
                grid.seeds,
                grid.folder,
                grid.image_size,
                grid.info,
                grid.deadline,
                list(scored),
                grid.keep,
                grid.start_from,
            )
            for group in groups
        ]
        pools = [recipe.pool for group in groups for recipe in group]
        try:
            _make_inputs(grid, dict.fromkeys(pools), train, scored)
            _score_all(grid, scorings, waiting, smoothings)
        finally:
            (grid.folder / STOP_FILE).touch()  # nobody waits for what does not come
        failed = [name for job in waiting for name in job.result()]
    if failed:
        raise RuntimeError(f"These recipes failed, see above: {', '.join(failed)}")


def _make_inputs(grid, pools, train, scored):
    began = time.time()
    print(f"making clips in {grid.folder}", flush=True)
    for name in pools:
        count = pool_size(name, grid.num_clips)
        make_pool(grid.folder, name, train, count, grid.image_size)
        print(f"pool {name} after {time.time() - began:.0f} s", flush=True)
    for name, videos in scored.items():
        save_scored(grid.folder / "scored" / name, videos)
        print(f"videos {name} after {time.time() - began:.0f} s", flush=True)


def _score_all(grid, scorings, trainings, smoothings):
    """Scores every file of logits, and writes its rows, until there is no other."""
    submitted, running = set(), []
    over = False
    while running or not over:
        over = all(job.done() for job in trainings)
        for file in sorted(set((grid.folder / "logits").glob("*.npz")) - submitted):
            submitted.add(file)
            recipe, videos, seed = file.stem.split("__")
            running += [
                scorings.submit(_row, grid, recipe, int(seed), videos, file, smoothing)
                for smoothing in smoothings(recipe)
            ]
        for row in [row for row in running if row.done()]:
            running.remove(row)
            with grid.rows_file.open("a", encoding="utf-8") as rows:
                rows.write(json.dumps(row.result()) + "\n")
        time.sleep(_POLL_SECONDS)


def _row(grid, recipe, seed, name, file, smoothing):
    videos = open_scored(grid.folder / "scored" / name)
    with np.load(file) as arrays:
        logits = [arrays[key] for key in arrays.files]
    figures = measures(logits, videos, len(grid.info.classes), smoothing)
    return {
        "scored_on": name,
        "size": list(grid.image_size),
        "recipe": recipe,
        "seed": seed,
        "smoothing": smoothing.name,
        "strength": smoothing.strength,
        "hysteresis": smoothing.hysteresis,
        **figures,
    }
