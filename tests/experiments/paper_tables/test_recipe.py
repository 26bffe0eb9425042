import json
import re
import subprocess
import sys
from types import SimpleNamespace

import keras
import pytest
from checkout import ROOT

from experiments.paper_tables.printed import PAPER_ROWS
from experiments.paper_tables.recipe import Recipe, paper_recipe
from experiments.training.starting_network import make_optimizer
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.network.step_flops import step_flops

# Section V-B; the scales are those of the authors' release.
PAPER = {
    "num_frames": 4,
    "every_label": False,
    "optimizer": "sgd",
    "weight_decay": 1e-4,
    "learning_rate": 1e-3,
    "end_learning_rate": 0.0,
    "steps": 30_000,
    "min_scale": 0.5,
    "max_scale": 2.0,
}
OWN = {
    "cityscapes": {"height": 1024, "width": 2048, "batch_size": 1},
    "virtual_kitti": {"height": 375, "width": 1242, "batch_size": 2},
}
PRINT_FLAGS = """
import json, sys
from absl import flags
import experiments.train
flags.FLAGS(["train", *sys.argv[1:], "--data_dir=d", "--workdir=w"])
found = {name: flags.FLAGS[name] for name in flags.FLAGS}
print(json.dumps({name: [flag.value, flag.present] for name, flag in found.items()}))
"""


def flags_of(dataset):
    """(value, whether it was given) of each flag of train, with the recipe."""
    recipe = ROOT / "experiments" / "recipes" / f"{dataset}.flags"
    command = [sys.executable, "-c", PRINT_FLAGS, f"--flagfile={recipe}"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


@pytest.mark.parametrize("dataset", OWN)
def test_train_reads_the_papers_numbers_from_the_recipe(dataset):
    found = flags_of(dataset)
    expected = PAPER | OWN[dataset] | {"dataset": dataset}
    assert {name: found[name][0] for name in expected} == expected
    assert all(found[name][1] for name in expected)  # not by default
    # Neither a mixture with other clips nor other losses, and nothing is frozen.
    for name in ("motion_share", "consistency_weight", "clip_norm", "class_weights"):
        assert not found[name][0]
    for name in ("freeze_branches", "freeze_batch_norm", "align_states", "peephole"):
        assert found[name][0] is False
    assert found["width_multiplier"][0] == 1


def test_the_optimiser_is_the_papers():
    settings = SimpleNamespace(
        optimizer="sgd", steps=30_000, learning_rate=1e-3, end_learning_rate=0.0
    )
    optimizer = make_optimizer(settings)
    assert isinstance(optimizer, keras.optimizers.SGD)
    assert (optimizer.momentum, optimizer.nesterov) == (0.9, False)
    rates = [float(optimizer._learning_rate(step)) for step in (0, 15_000, 30_000)]
    assert rates == pytest.approx([1e-3, 1e-3 * 0.5**0.9, 0.0], abs=1e-9)


def petaflops(gflops, frames, batch_size):
    return gflops * 3 * frames * batch_size * 30_000 / 1e6


def test_the_cost_in_the_comment_of_cityscapes_follows_from_table_iv():
    text = (ROOT / "experiments" / "recipes" / "cityscapes.flags").read_text()
    rows = {key: row.gflops for key, row in PAPER_ROWS.items()}
    icnet = petaflops(rows.pop((None, None)), 1, 1)
    separable = petaflops(rows[2, "separable"], 4, 1)
    everything = icnet + sum(petaflops(gflops, 4, 1) for gflops in rows.values())
    assert (
        f"{icnet:.1f} PFLOP for ICNet, {separable:.0f} for the separable v2, "
        f"{everything:.0f} for all" in text
    )
    hours = [work * 1e15 / 5e12 / 3600 for work in (icnet, separable, everything)]
    minutes = f"{60 * hours[0]:.0f} minutes, {hours[1]:.1f} hours and {hours[2]:.0f}"
    assert minutes in text.replace("\n# ", " ")


def test_the_cost_in_the_comment_of_virtual_kitti_follows_from_the_flops():
    text = (ROOT / "experiments" / "recipes" / "virtual_kitti.flags").read_text()
    for version, cell, frames, work in (
        (None, None, 1, "{:.1f} PFLOP for ICNet"),
        (2, "separable", 4, "{:.0f} for the separable v2"),
    ):
        model = ICNet(version, cell, image_size=(375, 1242), num_frames=1)
        gflops = step_flops(model) / 1e9
        assert f"{gflops:.2f}" in text
        assert work.format(petaflops(gflops, frames, 2)) in text


def test_the_cost_in_the_comment_of_camvid_follows_from_the_flops():
    text = (ROOT / "experiments" / "recipes" / "camvid.flags").read_text()
    flags = dict(re.findall(r"^--(\w+)=(.*)$", text, re.MULTILINE))
    size = int(flags["height"]), int(flags["width"])
    clips = int(flags["steps"]) * int(flags["batch_size"]) * int(flags["num_frames"])
    for version, cell, frames, work in (
        (None, None, 2000 * 8, "{:.0f} TFLOP for ICNet"),
        (2, "separable", clips, "{:.0f} for the LSTM-ICNet"),
    ):
        model = ICNet(version, cell, num_classes=11, image_size=size, num_frames=1)
        gflops = step_flops(model) / 1e9
        assert f"{gflops:.2f}" in text
        assert work.format(3 * gflops * frames / 1e3) in text.replace("\n# ", " ")


def test_overrides_take_the_place_of_the_files_lines():
    recipe = paper_recipe("virtual_kitti", ["steps=20", "every_label", "peephole"])
    assert recipe.value("steps") == "20"
    assert recipe.value("batch_size") == "2"
    assert "--every_label" in recipe.settings and "--peephole" in recipe.settings
    assert "--noevery_label" not in recipe.settings
    assert "--steps=30000" not in recipe.settings
    assert recipe.flags[1:] == ["--steps=20", "--every_label", "--peephole"]


@pytest.mark.parametrize("override", ["--steps=2", "", "=2", "a b=1"])
def test_an_override_is_the_name_of_a_flag_with_its_value(override, tmp_path):
    with pytest.raises(ValueError, match="must be a flag of train without dashes"):
        Recipe(tmp_path, (override,))


@pytest.mark.parametrize("override", ["model=icnet", "seed=3", "workdir=x"])
def test_what_each_network_has_of_its_own_is_refused(override, tmp_path):
    with pytest.raises(ValueError, match="this command itself gives --"):
        Recipe(tmp_path, (override,))
