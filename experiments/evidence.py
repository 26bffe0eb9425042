r"""Trains and scores the recipes behind docs/results.md on CamVid, on JAX.

    KERAS_BACKEND=jax python -m experiments.evidence --data_dir=$CAMVID \
        --workdir=runs/evidence --rows=rows.jsonl

Ten minutes on one GPU with 16 processor cores. Every process that trains keeps its
clips, or what the frozen branches give for them, on the GPU: 1.2 GB for 100 clips of
360x480. There are up to twenty such processes: `--processes` limits how many run at the
same time, `--num_clips` how much memory each needs.
Every row of the file is one recipe with one seed and one smoothing, scored on moved
stills that are not trained on (`tuning`, where recipes are chosen) and on CamVid's
validation video (`val`).
"""

import time
from dataclasses import replace
from pathlib import Path

from absl import flags

from data.readers import camvid
from experiments.command_line import command
from experiments.command_line.flag_checks import parsed_seeds
from experiments.flicker_evidence import recipes, smoothings
from experiments.flicker_evidence.grid import Grid, run_grid
from experiments.flicker_evidence.scored_videos import moved_stills, real_videos

_SCORED_NAMES = ("tuning", "val")

_DATA_DIR = flags.DEFINE_string("data_dir", None, "CamVid's folder.", required=True)
_WORKDIR = flags.DEFINE_string(
    "workdir",
    None,
    "Folder for clips, weights and logits, some gigabytes.",
    required=True,
)
_ROWS = flags.DEFINE_string(
    "rows", None, "File of JSON lines to append to.", required=True
)
_ONLY = flags.DEFINE_list("only", [], "Recipes to train besides icnet; all by default.")
_HEIGHT = flags.DEFINE_integer("height", 192, "Height of the networks.", lower_bound=97)
_WIDTH = flags.DEFINE_integer("width", 256, "Width of the networks.", lower_bound=97)
_SEEDS = flags.DEFINE_list("seeds", ["0", "1", "2"], "Seeds of the trainings.")
_ICNET_STEPS = flags.DEFINE_integer(
    "icnet_steps", 2000, "Steps of the ICNets.", lower_bound=1
)
_STEPS = flags.DEFINE_integer(
    "steps", None, "Steps of all recipes; by default their own.", lower_bound=1
)
_ICNET_BATCH_SIZE = flags.DEFINE_integer(
    "icnet_batch_size", 8, "Frames per step of the ICNets.", lower_bound=1
)
_ICNET_ALIGN_LABELS = flags.DEFINE_bool(
    "icnet_align_labels",
    False,
    "Train the ICNets, too, with labels that are aligned with the drawn logits.",
)
_BATCH_SIZE = flags.DEFINE_integer(
    "batch_size",
    None,
    "Clips per step of all recipes; by default their own.",
    lower_bound=1,
)
_NUM_CLIPS = flags.DEFINE_integer(
    "num_clips", 1600, "Number of training clips.", lower_bound=1
)
_KEEP = flags.DEFINE_list("keep", [], "Recipes whose weights are kept in the workdir.")
_START_FROM = flags.DEFINE_string(
    "start_from",
    None,
    "Workdir of a run whose networks are trained further here, for example at a larger "
    "size: its ICNets, and the recipes that it kept.",
)
_RATE_SCALE = flags.DEFINE_float(
    "rate_scale",
    1.0,
    "Factor for all learning rates, for networks that are trained further.",
    lower_bound=0.0,
)
_PROCESSES = flags.DEFINE_integer(
    "processes",
    None,
    "How many processes train at the same time; by default all.",
    lower_bound=1,
)
_MINUTES = flags.DEFINE_float(
    "minutes", 600.0, "Start no training later than this many minutes."
)
_SCORED = flags.DEFINE_list(
    "scored", list(_SCORED_NAMES), "What to score on: tuning, val or both."
)
_SMOOTHINGS = flags.DEFINE_list(
    "smoothings",
    None,
    "Smoothings that every recipe gets rows for, as NAME/STRENGTH or "
    "flow/STRENGTH/HYSTERESIS; by default whole curves for some recipes.",
)
_SKIP_DRIVE = flags.DEFINE_string(
    "skip_drive",
    None,
    "Drive that is not trained on, such as 0016E5, the drive of val.",
)

# The last stills of each drive are not trained on; recipes are chosen by their scores.
_HELD_OUT = 8
_MOVED_FRAMES = 12


def _train_and_held_out():
    videos = camvid.read_videos(_DATA_DIR.value, "train")
    if _SKIP_DRIVE.value:
        _check_names("skip_drive", [_SKIP_DRIVE.value], [v.name for v in videos])
    held_out = [replace(v, frames=v.frames[-_HELD_OUT:]) for v in videos]
    train = [replace(v, frames=v.frames[:-_HELD_OUT]) for v in videos]
    return [v for v in train if v.name != _SKIP_DRIVE.value], held_out


def _smoothings(recipe):
    if _SMOOTHINGS.value is not None:
        chosen = [smoothings.parsed(text) for text in _SMOOTHINGS.value]
        return (smoothings.NO_SMOOTHING, *chosen)
    curves = smoothings.CURVES if recipe in recipes.CURVES else ()
    return (
        smoothings.NO_SMOOTHING,
        smoothings.DEFAULT,
        smoothings.DEFAULT_WITH_MEMORY,
        *curves,
    )


def _groups():
    """Recipes by the process that trains them, with the flags' steps and sizes."""
    names = [r.name for group in recipes.GROUPS for r in group]
    only = _ONLY.value or names
    known = [recipes.ICNET.name, *names]
    _check_names("only", only, known)
    _check_names("keep", _KEEP.value, known)
    icnet = replace(recipes.ICNET, align_labels=_ICNET_ALIGN_LABELS.value)
    groups = [[_changed(icnet, _ICNET_STEPS.value, _ICNET_BATCH_SIZE.value)]]
    for group in recipes.GROUPS:
        chosen = [
            _changed(r, _STEPS.value or r.steps, _BATCH_SIZE.value or r.batch_size)
            for r in group
            if r.name in only
        ]
        groups += [chosen] if chosen else []
    return groups


def _check_names(flag, names, known):
    """Refuses names that would be passed over, or found out after hours."""
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise ValueError(
            f"--{flag}={','.join(unknown)} is unknown; there are {', '.join(known)}"
        )


def _check_start(groups):
    """Refuses to start from a workdir that lacks weights."""
    if not _START_FROM.value:
        return
    names = [f"kept_{recipe.name}" for group in groups[1:] for recipe in group]
    for seed in parsed_seeds(_SEEDS.value):
        for name in ["icnet", *names]:
            file = Path(_START_FROM.value) / f"{name}_{seed}.npz"
            if not file.is_file():
                raise FileNotFoundError(
                    f"--start_from needs the weights of every recipe and seed, which a "
                    f"run with --keep has; there is no {file}"
                )


def _check_batches(groups):
    """Refuses batches that are larger than what they are drawn from."""
    for recipe in [recipe for group in groups for recipe in group]:
        size = recipes.pool_size(recipe.pool, _NUM_CLIPS.value)
        if recipe.batch_size > size:
            raise ValueError(
                f"A step of {recipe.name} takes {recipe.batch_size} clips, and there "
                f"are {size} with --num_clips={_NUM_CLIPS.value}"
            )


def _changed(recipe, steps, batch_size):
    return replace(
        recipe,
        steps=steps,
        batch_size=batch_size,
        learning_rate=recipe.learning_rate * _RATE_SCALE.value,
        end_learning_rate=recipe.end_learning_rate * _RATE_SCALE.value,
    )


def main():
    size = (_HEIGHT.value, _WIDTH.value)
    # What is wrong is refused before the work.
    _smoothings(recipes.ICNET.name)
    _check_names("scored", _SCORED.value, _SCORED_NAMES)
    groups = _groups()
    _check_start(groups)
    _check_batches(groups)
    train, held_out = _train_and_held_out()
    grid = Grid(
        Path(_WORKDIR.value),
        Path(_ROWS.value),
        size,
        camvid.INFO,
        parsed_seeds(_SEEDS.value),
        _NUM_CLIPS.value,
        time.time() + 60 * _MINUTES.value,
        _KEEP.value,
        Path(_START_FROM.value) if _START_FROM.value else None,
        _PROCESSES.value,
    )

    scored = {
        "tuning": moved_stills(held_out, _MOVED_FRAMES),
        "val": real_videos(camvid.read_videos(_DATA_DIR.value, "val")),
    }
    scored = {name: scored[name] for name in _SCORED.value}
    run_grid(grid, train, scored, groups, _smoothings)
    print(
        f"Scores: {_ROWS.value}, a row of JSON for each recipe, seed and smoothing\n"
        f"Logits and weights: {_WORKDIR.value}\n"
        "docs/results.md has tables of such rows, and says how they are read"
    )


if __name__ == "__main__":
    command.run(main)
