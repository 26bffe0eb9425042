import pytest

from experiments.command_line.flag_checks import require_png


@pytest.mark.parametrize("name", ["clips.jpg", "clips", "clips.png.gz", "", ".png/a"])
def test_a_picture_of_another_format_than_png_is_refused(name, tmp_path):
    path = str(tmp_path / name)
    with pytest.raises(ValueError, match=f"--output must be .* in .png. Re.*: {path}$"):
        require_png("output", path)


def test_a_png_that_cannot_be_written_is_refused_at_the_start(tmp_path):
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(IsADirectoryError, match=r"folder\.png is a folder"):
        require_png("chart", str(tmp_path / "folder.png"))
    require_png("chart", str(tmp_path / "new" / "a.PNG"))
    require_png("chart", None)
