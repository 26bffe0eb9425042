import json
import os
import subprocess
import sys
import time

import fake_verbs
import pytest
from checkout import ROOT, SHARED

from experiments.paper_tables import children
from experiments.paper_tables.printed import SCORE_TABLES, TABLE_2, TABLE_3
from experiments.paper_tables.recipe import paper_recipe
from experiments.paper_tables.score_table import Network, Plan, last_step, run_plan

ICNET, STANDARD, SEPARABLE = (
    Network(None, None),
    Network(2, "standard"),
    Network(6, "separable"),
)


@pytest.fixture(autouse=True)
def fake_children(monkeypatch):
    monkeypatch.setattr(children, "_CHILD", "fake_verbs")
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "helpers")])
    monkeypatch.setenv("PYTHONPATH", path)


def plan(folder, dataset="virtual_kitti", overrides=(), **others):
    table = SCORE_TABLES[dataset]
    settings = {
        "networks": [ICNET, STANDARD, SEPARABLE],
        "seeds": [0],
        "mfip_split": "demoVideo" if table is TABLE_2 else None,
    }
    recipe = paper_recipe(dataset, overrides)
    return Plan(table, "the_data", folder, recipe, **(settings | others))


def run(the_plan):
    reports = []
    return run_plan(the_plan, lambda outcomes: reports.append(dict(outcomes))), reports


def calls(the_plan, network, seed=0):
    return fake_verbs.calls(the_plan.folder(network, seed))


def verbs(the_plan, network, seed=0):
    return [verb for verb, _ in calls(the_plan, network, seed)]


@pytest.mark.parametrize("table", [TABLE_2, TABLE_3], ids=["II", "III"])
def test_the_printed_figures_are_those_of_the_paper(table):
    paper = SHARED / "paper.md"
    if not paper.is_file():
        pytest.skip(f"The text of the paper is not at {paper}")
    text = paper.read_text(encoding="utf-8").split(f"{table.name.upper()} ")[1]
    lines = [line.split("\t") for line in text.splitlines() if "ICNet" in line][:13]
    printed = [(name.split(" [")[0], *map(float, rest[:3])) for name, *rest in lines]
    ours = [
        (Network(*key).name, row.accuracy, row.mean_iou, row.flicker)
        for key, row in table.rows.items()
    ]
    assert ours == printed


def test_icnet_comes_first_and_the_others_start_from_it(tmp_path):
    the_plan = plan(tmp_path, seeds=[0, 2], overrides=["steps=7"])
    outcomes, reports = run(the_plan)
    assert [len(report) for report in reports] == [1, 2, 3, 4, 5, 6]
    assert list(outcomes)[::3] == [(ICNET, 0), (ICNET, 2)]
    assert outcomes[SEPARABLE, 2].scores == {
        "accuracy": 92.0,
        "mean_iou": 50.0,
        "flicker": 50.0,
    }
    (train, flags), (evaluate, scored) = calls(the_plan, SEPARABLE, 2)
    assert (train, evaluate) == ("train", "evaluate")
    folder = tmp_path / "seed_2"
    assert flags[0].endswith("experiments/recipes/virtual_kitti.flags")
    assert flags[1:] == [
        *("--steps=7", "--model=lstm_icnet_v6", "--seed=2", "--cell=separable"),
        *("--data_dir=the_data", f"--workdir={folder / 'lstm_icnet_v6_separable'}"),
        f"--init_from={folder / 'icnet'}",
    ]
    assert {"--split=test", "--num_frames=4", "--data_dir=the_data"} < set(scored)
    _, flags = calls(the_plan, ICNET, 2)[0]
    assert {"--model=icnet", "--num_frames=1", "--seed=2"} < set(flags)
    assert not [flag for flag in flags if flag.startswith("--init_from")]


def test_cityscapes_is_scored_on_val_and_its_flicker_on_the_demo_videos(tmp_path):
    the_plan = plan(tmp_path, "cityscapes", init_from="weights.npy")
    outcomes, _ = run(the_plan)
    (_, train), *scorings = calls(the_plan, ICNET)
    assert "--init_from=weights.npy" in train
    splits = [[f for f in flags if f.startswith("--split")] for _, flags in scorings]
    assert splits == [["--split=val"], ["--split=demoVideo"]]
    assert outcomes[ICNET, 0].scores["flicker"] == 50.0
    the_plan = plan(tmp_path / "val", "cityscapes", mfip_split="val")
    run(the_plan)
    _, (_, flags) = calls(the_plan, ICNET)
    assert {"--split=val", "--every_frame"} < set(flags)


def test_what_is_done_is_skipped_until_the_settings_change(tmp_path):
    first, _ = run(plan(tmp_path))
    again, _ = run(plan(tmp_path))
    assert again == first
    assert verbs(plan(tmp_path), STANDARD) == ["train", "evaluate"]
    run(plan(tmp_path, overrides=["steps=40000"]))
    assert verbs(plan(tmp_path), STANDARD) == 2 * ["train", "evaluate"]


@pytest.mark.parametrize("verb", ["train", "evaluate"])
def test_the_others_go_on_when_a_network_fails_and_it_is_tried_again(verb, tmp_path):
    the_plan = plan(tmp_path)
    failing = the_plan.folder(STANDARD, 0) / f"{verb}.fails"
    failing.parent.mkdir(parents=True)
    failing.touch()
    outcomes, _ = run(the_plan)
    outcome = outcomes[STANDARD, 0]
    assert outcome.scores is None and f"failed: no {verb} today (" in outcome.problem
    assert f"{verb}.log" in outcome.problem
    assert outcomes[ICNET, 0].scores and outcomes[SEPARABLE, 0].scores
    failing.unlink()
    outcomes, _ = run(the_plan)
    assert outcomes[STANDARD, 0].scores and outcomes[STANDARD, 0].problem is None
    assert verbs(the_plan, SEPARABLE) == ["train", "evaluate"]


def test_no_network_starts_from_an_icnet_that_failed(tmp_path):
    the_plan = plan(tmp_path, seeds=[0, 1])
    failing = the_plan.folder(ICNET, 0) / "train.fails"
    failing.parent.mkdir(parents=True)
    failing.touch()
    outcomes, _ = run(the_plan)
    assert "no train today" in outcomes[ICNET, 0].problem
    assert outcomes[SEPARABLE, 0].problem == "not trained, as ICNet with seed 0 failed"
    assert not the_plan.folder(SEPARABLE, 0).exists()
    assert outcomes[SEPARABLE, 1].scores


def test_a_training_that_outlived_a_killed_command_is_waited_for(tmp_path, capfd):
    the_plan = plan(tmp_path)
    folder = the_plan.folder(ICNET, 0)
    folder.mkdir(parents=True)
    hold = (
        "import fcntl, sys, time; file = open(sys.argv[1], 'w');"
        "fcntl.flock(file, fcntl.LOCK_EX); print('held', flush=True); time.sleep(1.5)"
    )
    arguments = [sys.executable, "-c", hold, str(folder / ".lock")]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        began = time.monotonic()
        outcomes, _ = run(the_plan)
        assert time.monotonic() - began > 1
    assert outcomes[ICNET, 0].scores
    assert f"Waiting for the training in {folder}" in capfd.readouterr().out


def test_two_commands_in_one_folder_are_refused(tmp_path):
    the_plan = plan(tmp_path)

    def run_another(outcomes):
        with pytest.raises(ValueError, match="in use by another training"):
            run(the_plan)

    run_plan(the_plan, run_another)


def test_scores_are_written_with_the_settings(tmp_path):
    the_plan = plan(tmp_path)
    run(the_plan)
    content = json.loads((the_plan.folder(ICNET, 0) / "scores.json").read_text())
    assert "--steps=30000" in content["settings"] and content["accuracy"] == 90


def test_the_last_step_is_that_of_the_last_whole_line(tmp_path):
    file = tmp_path / "metrics.jsonl"
    assert last_step(file) == 0
    file.write_text('{"step": 1')
    assert last_step(file) == 0
    lines = [json.dumps({"step": step, "loss": "x" * 100}) for step in range(1, 90)]
    file.write_text("\n".join(lines) + '\n{"step": 90')
    assert last_step(file) == 89


def test_steps_that_are_no_number_are_reported_by_the_training(tmp_path):
    outcomes, _ = run(plan(tmp_path, overrides=["steps=many"]))
    assert "--steps=many" in calls(plan(tmp_path), ICNET)[0][1]
    assert outcomes[ICNET, 0].scores  # the stand-in does not look at them
