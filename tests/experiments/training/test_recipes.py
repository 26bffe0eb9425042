import subprocess
import sys

import pytest
from checkout import ROOT

RECIPES = sorted((ROOT / "experiments" / "recipes").glob("*.flags"))


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.stem)
def test_a_recipe_is_understood_up_to_its_missing_data_set(recipe, tmp_path):
    command = [sys.executable, "-m", "experiments.train", f"--flagfile={recipe}"]
    command += [f"--data_dir={tmp_path / 'none'}", f"--workdir={tmp_path / 'run'}"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 1
    assert "ERROR: " in run.stderr and str(tmp_path / "none") in run.stderr
