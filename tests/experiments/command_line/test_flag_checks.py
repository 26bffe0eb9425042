import pytest
from absl import flags

from experiments.command_line.flag_checks import check_paths, require_png


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


@pytest.fixture
def own_flags():
    values = flags.FlagValues()
    define = {"help": "", "flag_values": values}
    for name in ("input", "output", "json"):
        flags.DEFINE_string(name, None, **define)
    flags.DEFINE_multi_string("scores", None, **define)
    flags.DEFINE_integer("count", 1, **define)

    def own_flags(*arguments):
        values(["verb", *arguments])
        return [values[name] for name in ("input", "output", "json", "scores", "count")]

    return own_flags


@pytest.mark.parametrize(
    "read, written, name",
    [
        ("--input={}/drive.mp4", "--output={}/drive.mp4", "input"),
        ("--input={}/drive.mp4", "--output={}/./drive.mp4", "input"),
        ("--input={}/drive.mp4", "--output={}/link.mp4", "input"),
        ("--scores={}/drive.mp4", "--json={}/drive.mp4", "scores"),
        ("--scores=ours={}/drive.mp4", "--json={}/drive.mp4", "scores"),
    ],
)
def test_a_file_that_is_read_is_not_written_over(
    own_flags, tmp_path, read, written, name
):
    (tmp_path / "drive.mp4").write_bytes(b"a video")
    (tmp_path / "link.mp4").symlink_to(tmp_path / "drive.mp4")
    arguments = [read.format(tmp_path), written.format(tmp_path)]
    with pytest.raises(ValueError, match=f"would replace the file that --{name} names"):
        check_paths(own_flags(*arguments))


def test_other_files_may_be_replaced(own_flags, tmp_path):
    for name in ("drive.mp4", "out.mp4"):
        (tmp_path / name).write_bytes(b"a video")
    check_paths(
        own_flags(f"--input={tmp_path}/drive.mp4", f"--output={tmp_path}/out.mp4")
    )
    check_paths(own_flags(f"--input={tmp_path}", f"--output={tmp_path}/out.mp4"))
