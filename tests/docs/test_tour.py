"""The notebook runs from top to bottom, and its stored outputs are small."""

import time

import nbformat
import pytest
from checkout import ROOT
from nbclient import NotebookClient

TOUR = ROOT / "docs" / "tour.ipynb"


@pytest.fixture
def tour():
    return nbformat.read(TOUR, as_version=4)


def text_of(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


def test_outputs_are_stored_and_small(tour):
    code = [cell for cell in tour.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not any(output.output_type == "error" for output in outputs)
    assert not any(output.get("name") == "stderr" for output in outputs)
    assert TOUR.stat().st_size < 300_000


@pytest.mark.slow
def test_tour_runs_from_top_to_bottom(tour, monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    start = time.perf_counter()
    client = NotebookClient(
        tour,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(ROOT / "docs")}},
    )
    client.execute()
    # Three minutes on two idle cores; a busy machine may take three times as long.
    assert time.perf_counter() - start < 540
    printed = "".join(text_of(c) for c in tour.cells if c.cell_type == "code")
    # K=3, I=O=128: 4 * (2 * 9 * 128 * 128 + 128) parameters of the standard cell.
    assert f"{4 * (2 * 9 * 128 * 128 + 128):,}" in printed
    assert printed.count("mFP (per mille)") == 2
