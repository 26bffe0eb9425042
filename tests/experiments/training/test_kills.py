import subprocess
import sys

import pytest
from checkout import ROOT


@pytest.mark.slow
def test_a_kill_before_any_file_operation_changes_nothing_of_the_result(tmp_path):
    program = ROOT / "tests" / "helpers" / "killed_training.py"
    run = subprocess.run(
        [sys.executable, program, tmp_path],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
    )
    *wrong, operations = run.stdout.splitlines() or [run.stderr]
    assert wrong == []
    assert int(operations) > 50, run.stderr
