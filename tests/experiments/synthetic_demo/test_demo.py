import pytest
from verb_process import VerbProcess


@pytest.fixture(scope="module")
def demo():
    with VerbProcess("demo") as process:
        yield process


@pytest.mark.parametrize("seeds", ["one", "1,-2", "1.5", ""])
def test_seeds_are_numbers(demo, seeds, tmp_path):
    result = demo(f"--seeds={seeds}", f"--out_dir={tmp_path}/demo")
    assert result.code == 1
    (error,) = result.errors
    assert error.startswith("ERROR: --seeds must be numbers of at least 0 separated by")
    assert not (tmp_path / "demo").exists()


def test_a_file_in_the_place_of_the_folder_is_refused(demo, tmp_path):
    (tmp_path / "file").touch()
    result = demo(f"--out_dir={tmp_path}/file")
    assert (result.code, result.errors) == (
        1,
        [f"ERROR: --out_dir={tmp_path}/file is a file; a folder is needed"],
    )
