import json

import pytest

from experiments.benchmarks.compiled import device
from experiments.paper_tables import table4
from experiments.paper_tables.printed import PAPER_ROWS
from experiments.paper_tables.table4_report import describe, save_figure_1

SIZE = (97, 97)
FEW = [(None, None), (2, "standard"), (2, "separable")]


@pytest.fixture(scope="module")
def rows():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table4, "PAPER_ROWS", {key: PAPER_ROWS[key] for key in FEW})
        return table4.table4(SIZE, rounds=2, progress=False)


def test_the_percentages_of_the_paper_follow_from_its_figures():
    """So does 77.87 % of the spatial v5, which makes its 135.4 a 135.47."""
    percents = {(2, "separable"): 49.82, (5, "spatial"): 77.87, (6, "depthwise"): 23.88}
    for (version, cell), percent in percents.items():
        gflops = PAPER_ROWS[version, cell].gflops
        standard = PAPER_ROWS[version, "standard"].gflops
        assert round(100 * gflops / standard, 2) == percent


def test_rows_are_the_papers_with_its_parameters(rows):
    assert [(row.version, row.cell) for row in rows] == FEW
    for row in rows:
        assert row.parameters // 1000 == row.paper.parameters
        assert 0 < row.timing.low_ms <= row.timing.median_ms <= row.timing.high_ms
        assert 0 < row.frame.low_ms <= row.frame.median_ms


def test_json_has_the_keys_of_the_design_and_the_papers_values(rows):
    kind, name = device()
    icnet, standard, separable = json.loads(json.dumps(table4.as_json(rows)))
    assert icnet["model"] == "icnet" and icnet["cell"] is None
    assert separable["model"] == "lstm_icnet_v2" and separable["cell"] == "separable"
    assert separable["parameters"] == 6_848_377
    assert separable["paper_parameters"] == 6_848_000
    assert separable["paper_gflops"] == 67.62 and separable["paper_cpu_ms"] == 1734
    ratio = separable[f"{kind}_ms"] / standard[f"{kind}_ms"]
    assert separable[f"{kind}_percent"] == pytest.approx(100 * ratio)
    assert icnet[f"{kind}_frame_ms"] == rows[0].frame.median_ms
    assert icnet["gflops_percent"] == standard["parameters_percent"] == 100
    assert (icnet["device"], icnet["precision"]) == (name, "float32")


def test_the_table_names_all_and_the_figure_is_drawn(rows, tmp_path):
    text = describe(rows, SIZE)
    assert all(row.name in text for row in rows)
    assert "frame ms" in text.splitlines()[1]
    assert "6848k" in text and "67.62" in text
    save_figure_1(tmp_path / "figure_1.png", rows)
    assert (tmp_path / "figure_1.png").read_bytes().startswith(b"\x89PNG")
