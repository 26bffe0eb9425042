import subprocess
import sys

import numpy as np
from checkout import ROOT
from folder_tree import numbered, write_folder, write_image


def test_train_warns_of_masks_before_its_first_step(tmp_path):
    root = tmp_path / "data"
    write_folder(root, {"a": numbered(range(10))}, {"classes": ["rest", "lane"]})
    for path in (root / "labels" / "a").iterdir():
        write_image(path, np.array([[0, 255]] * 6, np.uint8).repeat(4, axis=1))
    command = [sys.executable, "-m", "experiments.train", "--dataset=folder"]
    command += [f"--data_dir={root}", f"--workdir={tmp_path / 'run'}", "--model=icnet"]
    command += [f"--init_from={tmp_path / 'nowhere'}", "--height=128", "--width=128"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    warning = "Only the values 0 and 255 occur in the 8 labels"
    assert done.stderr.index(warning) < done.stderr.index("ERROR: ")
