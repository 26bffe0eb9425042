from dataclasses import replace
from pathlib import Path

import experiments
from experiments.flicker_evidence.recipes import CURVES, GROUPS, ICNET, pool_frames


def test_every_recipe_has_a_name_of_its_own():
    names = [ICNET.name, *(recipe.name for group in GROUPS for recipe in group)]
    assert len(set(names)) == len(names)
    assert set(CURVES) <= set(names)


def test_clips_are_as_long_as_their_pool_says():
    assert [pool_frames(p) for p in ("frames", "real", "motion12")] == [1, 4, 12]


def test_without_memory_the_network_sees_single_frames():
    recipes = {r.name: r for group in GROUPS for r in group}
    assert recipes["no_memory_1"].model_frames == 1
    assert recipes["memory_1"].model_frames == 6
    assert recipes["icnet_continued"].model_frames == 1


def test_the_best_recipe_is_that_of_the_flagfile():
    recipes = {r.name: r for group in GROUPS for r in group}
    recipe = recipes["labels_4_long"]
    v6 = replace(recipe, name="labels_4_long_v6", version=6)
    assert recipes["labels_4_long_v6"] == v6
    lines = (Path(experiments.__file__).parent / "recipes/camvid.flags").read_text()
    flags = dict(
        line.removeprefix("--").split("=")
        for line in lines.splitlines()
        if line.startswith("--") and "=" in line
    )
    assert flags["model"] == f"lstm_icnet_v{recipe.version}"
    assert (flags["cell"], flags["optimizer"]) == (recipe.cell, recipe.optimizer)
    for flag, value in {
        "num_frames": recipe.model_frames,
        "batch_size": recipe.batch_size,
        "consistency_weight": recipe.consistency_weight,
        "learning_rate": recipe.learning_rate,
        "end_learning_rate": recipe.end_learning_rate,
        "steps": recipe.steps,
    }.items():
        assert float(flags[flag]) == value, flag
    switches = ("every_label", "align_states", "align_labels", "freeze_branches")
    assert {f"--{name}" for name in switches} < {*lines.split()}
    assert recipe.align_states and recipe.align_labels
    assert recipe.frozen and not recipe.last_label_only


def test_the_control_is_the_best_recipe_without_memory():
    recipes = {r.name: r for group in GROUPS for r in group}
    control = replace(recipes["no_memory_labels_4_long"], name="labels_4_long")
    assert not control.memory and not control.align_states
    again = replace(control, memory=True, align_states=True)
    assert again == recipes["labels_4_long"]
