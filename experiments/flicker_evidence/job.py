"""Recipes with all their seeds, one after the other in one process on JAX."""

import os
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from experiments.flicker_evidence.recipes import Recipe

STOP_FILE = "stopped"  # in a grid's folder, once nothing more is made in it


def run_jobs(
    recipes: Sequence[Recipe],
    seeds: Sequence[int],
    folder: Path,
    image_size: tuple[int, int],
    info,
    deadline: float,
    scored: Sequence[str],
    keep: Sequence[str] = (),
    start_from: Path | None = None,
) -> list[str]:
    """Trains recipes, and writes their logits on the scored videos.

    The files are `logits/RECIPE__VIDEOS__SEED.npz`, an array for each video.

    Waits for the pools, the videos and the weights of ICNet, which other processes
    make.

    Args:
        recipes: What to train, one after the other.
        seeds: Each recipe is trained once per seed.
        deadline: Value of `time.time()` after which no training is started.
        folder: Folder of the grid: pools, scored videos, weights of ICNets, logits.
        image_size: (height, width) of the network.
        info: `DatasetInfo`.
        scored: Names of the videos.
        keep: Names of recipes whose weights are kept in `folder`, with kernels in half
            precision.
        start_from: Folder of another grid: its ICNets, and of the recipes that it kept
            what was trained of them, are trained further.

    Returns:
        Names of the recipes that failed.
    """
    os.environ["KERAS_BACKEND"] = "jax"
    if recipes[0].from_icnet:
        os.nice(5)  # all the others wait for the ICNets
    failed = []
    for recipe in recipes:
        try:
            _run(
                recipe,
                seeds,
                folder,
                image_size,
                info,
                deadline,
                scored,
                keep,
                start_from,
            )
        except Exception:  # one recipe that fails must not end the others
            print(f"{recipe.name} failed:\n{traceback.format_exc()}", flush=True)
            failed.append(recipe.name)
            if not recipe.from_icnet:
                (folder / STOP_FILE).touch()
    return failed


def _run(
    recipe, seeds, folder, image_size, info, deadline, scored, keep, start_from=None
):
    from experiments.flicker_evidence.jax_training import Trainer
    from experiments.flicker_evidence.pools import open_pool
    from experiments.flicker_evidence.scored_videos import open_scored
    from experiments.flicker_evidence.stream_logits import StreamRunner

    clock = _Clock()
    trainer = Trainer(recipe, image_size, info)
    runner = StreamRunner(trainer.model, recipe.align_states, recipe.memory)
    clock.lap("built")
    if not _is_there(folder, f"{recipe.pool}/done", deadline):
        return
    pool = open_pool(folder / recipe.pool)
    trainer.compile(pool)
    clock.lap("compiled")
    for seed in seeds:
        icnet = folder / f"icnet_{seed}.npz"
        if recipe.from_icnet and not _is_there(folder, icnet.name, deadline):
            break
        if time.time() > deadline or (folder / STOP_FILE).exists():
            break
        clock.lap("waited")
        start = _start(recipe, seed, icnet, start_from, trainer.model)
        losses = trainer.train(pool, seed, start)
        clock.lap("trained")
        _keep_weights(trainer.model, recipe, seed, icnet, folder, keep)
        for name in scored:
            if not _is_there(folder, f"scored/{name}/done", np.inf):
                return
            logits = runner.logits(open_scored(folder / "scored" / name))
            file = folder / "logits" / f"{recipe.name}__{name}__{seed}.npz"
            _save(file, dict(zip(map(str, range(len(logits))), logits, strict=True)))
        clock.lap("segmented")
        print(
            f"{recipe.name} {seed}: {clock}, loss {np.mean(losses[:5]):.3f} to "
            f"{np.mean(losses[-5:]):.3f}",
            flush=True,
        )


def _start(recipe, seed, icnet, start_from, model):
    """Weights by path to start from: none for an ICNet of a grid of its own."""
    if not recipe.from_icnet:
        return dict(np.load(start_from / icnet.name)) if start_from else None
    start = dict(np.load(icnet))
    if start_from:
        kept = np.load(start_from / f"kept_{recipe.name}_{seed}.npz")
        trained = (layer.name for layer in model.layers if layer.trainable)
        prefixes = tuple(f"{name}/" for name in trained)
        start |= {path: kept[path] for path in kept if path.startswith(prefixes)}
    return start


def _keep_weights(model, recipe, seed, icnet, folder, keep):
    from experiments.flicker_evidence.jax_training import weights_by_path

    weights = weights_by_path(model)
    if not recipe.from_icnet:
        _save(icnet, weights)
    if recipe.name in keep:
        # Statistics of batch normalisation are beyond half precision.
        half = {
            path: value.astype(np.float16 if value.ndim == 4 else np.float32)
            for path, value in weights.items()
        }
        _save(folder / f"kept_{recipe.name}_{seed}.npz", half)


class _Clock:
    """Seconds of each part of the work."""

    def __init__(self):
        self._last = time.time()
        self._laps = {}

    def lap(self, name):
        now = time.time()
        self._laps[name], self._last = now - self._last, now

    def __str__(self):
        return ", ".join(f"{name} {s:.0f} s" for name, s in self._laps.items())


def _save(file, arrays):
    temporary = file.with_suffix(".part")
    with temporary.open("wb") as opened:
        np.savez(opened, **arrays)
    temporary.replace(file)


def _is_there(folder, name, deadline):
    """Waits for a file that another process makes, unless that has stopped."""
    file = folder / name
    while not (file.exists() or (folder / STOP_FILE).exists()):
        if time.time() > deadline:
            break
        time.sleep(0.2)
    return file.exists()
