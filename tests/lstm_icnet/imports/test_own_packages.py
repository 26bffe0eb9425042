import os
import subprocess
import sys

import pytest
from checkout import ROOT

from lstm_icnet.imports.own_packages import require_own

USE_NETWORK = "import lstm_icnet; lstm_icnet.build_icnet(3, (97, 97))"


@pytest.fixture
def run_in(tmp_path):
    """Runs Python in a folder that holds packages of its own, of the given names."""

    def run(packages, *arguments):
        for name in packages:
            (tmp_path / name).mkdir()
            (tmp_path / name / "__init__.py").write_text("print('not ours')\n")
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )

    return run


def check_sentence(text, name, folder):
    for part in (str(folder / name), str(ROOT / name), "rename", "python -P"):
        assert part in text


def test_networks_and_metrics_work_beside_another_data(run_in):
    result = run_in(["data"], "-c", USE_NETWORK + "; lstm_icnet.flicker.mfip([[[1]]])")
    assert result.returncode == 0, result.stderr


def test_flicker_works_beside_other_layers(run_in):
    code = "import lstm_icnet; print(lstm_icnet.flicker.mfip([[[1]], [[2]]]))"
    assert run_in(["layers"], "-c", code).stdout == "1000.0\n"


def test_networks_say_whose_layers_stand_in_the_way(run_in, tmp_path):
    result = run_in(["layers"], "-c", USE_NETWORK)
    last_line = result.stderr.strip().split("\n")[-1]
    assert last_line.startswith("ImportError: `import layers` finds")
    check_sentence(last_line, "layers", tmp_path)
    assert "not ours" not in result.stdout


def test_other_layers_imported_before_are_noticed(run_in, tmp_path):
    result = run_in(["layers"], "-c", "import layers; " + USE_NETWORK)
    check_sentence(result.stderr.strip().split("\n")[-1], "layers", tmp_path)


@pytest.mark.parametrize("name", ["data", "layers"])
def test_verb_says_in_one_sentence_what_stands_in_the_way(run_in, tmp_path, name):
    result = run_in([name], "-m", "experiments.flicker", "--help")
    assert result.returncode == 1
    [line] = result.stderr.splitlines()
    assert line.startswith("ERROR: ")
    check_sentence(line, name, tmp_path)


def test_way_out_works(run_in):
    result = run_in(["data", "layers"], "-P", "-m", "experiments.flicker", "--help")
    assert "--predictions" in result.stdout


def test_experiments_as_a_library_raise(run_in, tmp_path):
    result = run_in(["data"], "-c", "import experiments")
    check_sentence(result.stderr.strip().split("\n")[-1], "data", tmp_path)


def test_a_file_of_that_name_stands_in_the_way_too(tmp_path, monkeypatch):
    (tmp_path / "no_such_package.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match=r"finds .*no_such_package\.py instead"):
        require_own("no_such_package")


def test_a_folder_of_data_is_not_in_the_way(run_in, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "image.png").touch()
    result = run_in([], "-m", "experiments.flicker", "--help")
    assert "--predictions" in result.stdout


def test_a_missing_package_is_said():
    with pytest.raises(ImportError, match="`import no_such_package` finds nothing"):
        require_own("no_such_package")


def test_own_packages_pass():
    for name in ("data", "layers", "lstm_icnet", "experiments"):
        require_own(name)
