import json
import statistics
from pathlib import Path

import cv2

from experiments.paper_tables.printed import TABLE_2, TABLE_3
from experiments.paper_tables.recipe import paper_recipe
from experiments.paper_tables.score_picture import save_picture
from experiments.paper_tables.score_report import as_json, describe, write_tables
from experiments.paper_tables.score_table import Network, Outcome, Plan

NETWORKS = [Network(*key) for key in TABLE_3.rows]
ICNET, SPATIAL = NETWORKS[0], NETWORKS[2]
VALUES = {0: 80.25, 1: 81.0, 2: 84.0}


def plan(folder=Path("w"), table=TABLE_3, overrides=(), **others):
    split = "demoVideo" if table is TABLE_2 else None
    settings = {"networks": NETWORKS, "seeds": [0], "mfip_split": split} | others
    return Plan(table, "d", folder, paper_recipe(table.dataset, overrides), **settings)


def outcome(accuracy, mean_iou=50.0, flicker=40.0):
    scores = {"accuracy": accuracy, "mean_iou": mean_iou, "flicker": flicker}
    return Outcome(scores)


def line_of(text, network):
    start = f"{network.name}  "  # two spaces end a column
    (line,) = [line for line in text.splitlines() if line.startswith(start)]
    return line.removeprefix(network.name).split()


def test_ours_and_the_papers_stand_side_by_side():
    text = describe(plan(), {(ICNET, 0): outcome(91.234, 57.5, 60.0)})
    assert text.startswith("Table III, virtual_kitti, seed 0\n")
    assert "mFP (per mille)" in text
    expected = ["91.23", "92.60", "57.50", "58.44", "60.00", "54.42"]
    assert line_of(text, ICNET) == expected
    assert line_of(text, SPATIAL) == ["-", "92.89", "-", "59.55", "-", "51.33"]
    assert "Not done yet: LSTM-ICNet v2, seed 0; " in text


def test_several_seeds_give_mean_and_standard_deviation():
    the_plan = plan(seeds=list(VALUES))
    outcomes = {(ICNET, seed): outcome(value) for seed, value in VALUES.items()}
    text = describe(the_plan, outcomes)
    # The mean is 81.75, and the squares of -1.5, -0.75, 2.25 have the sum 7.875.
    assert line_of(text, ICNET)[:3] == ["81.75", "±", "1.98"]
    content = as_json(the_plan, outcomes)["networks"][0]["accuracy"]
    assert content["spread"] == statistics.stdev(VALUES.values())
    assert content["seeds"] == {"0": 80.25, "1": 81.0, "2": 84.0}
    assert content["paper"] == 92.60


def test_a_failure_is_named_below_the_table_and_in_json():
    problem = "training failed: the disk is full (x/train.log)"
    outcomes = {(ICNET, 0): outcome(91.0), (SPATIAL, 0): Outcome(problem=problem)}
    text = describe(plan(), outcomes)
    assert line_of(text, SPATIAL)[::2] == ["failed"] * 3
    assert f"{SPATIAL.name}, seed 0: {problem}" in text
    content = as_json(plan(), outcomes)["networks"][2]
    assert content["problems"] == {"0": problem} and content["accuracy"]["mean"] is None


def test_settings_other_than_the_papers_are_named():
    text = describe(plan(overrides=["steps=20", "batch_size=2"]), {})
    assert "other settings than the paper's: --steps=20\n" in text
    assert "settings" not in describe(plan(), {})
    text = describe(plan(table=TABLE_2, mfip_split="val"), {})
    assert "mFIP was measured on val" in text and "mFIP (per mille)" in text


def test_all_four_files_are_written_at_any_time(tmp_path):
    outcomes = {(ICNET, 0): outcome(91.0), (SPATIAL, 0): outcome(92.0, None, 39.0)}
    for found in ({}, outcomes):
        write_tables(plan(tmp_path), found)
        save_picture(tmp_path / "table.png", plan(tmp_path), found)
        names = {file.name for file in tmp_path.iterdir()}
        assert names == {"table.txt", "table.md", "table.json", "table.png"}
        assert cv2.imread(str(tmp_path / "table.png")) is not None
    content = json.loads((tmp_path / "table.json").read_text())
    assert [network["name"] for network in content["networks"]][::12] == [
        "ICNet",
        "sep-LSTM-ICNet v6",
    ]
    assert content["networks"][2]["mean_iou"]["mean"] is None
    lines = (tmp_path / "table.md").read_text().splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert len(rows) == 15 and {line.count("|") for line in rows} == {8}
