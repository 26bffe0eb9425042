import subprocess
import sys

from checkout import ROOT
from folder_tree import numbered, write_folder


def test_an_unknown_split_is_an_error_and_no_fault_of_the_data(tmp_path):
    write_folder(tmp_path, {"v": numbered(range(6))})
    result = subprocess.run(
        [
            *(sys.executable, "-m", "experiments.check_data", "--dataset=folder"),
            *(f"--data_dir={tmp_path}", "--split=tain,val"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        "ERROR: --split must be some of train, val, all. Received: tain,val\n"
    )
