import os
import signal
import subprocess
import sys
import time

import pytest
from checkout import ROOT

from lstm_icnet.deployment import whole_export as module
from lstm_icnet.deployment.whole_export import whole_export

NAMES = ("saved_model", "metadata.json")


def write(folder, text):
    with whole_export(folder, NAMES) as temporary:
        (temporary / "saved_model").mkdir()
        (temporary / "metadata.json").write_text(text)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("exchange", [True, False], ids=["one rename", "two renames"])
def test_a_folder_is_replaced_as_one(exchange, tmp_path, monkeypatch):
    if not exchange:
        monkeypatch.setattr(module, "_exchanged", lambda first, second: False)
    folder = tmp_path / "new" / "out"
    write(folder, "first")
    (folder / "saved_model" / "old").write_text("")
    write(folder, "second")
    assert (folder / "metadata.json").read_text() == "second"
    assert names(folder) == ["metadata.json", "saved_model"]
    assert not names(folder / "saved_model")
    assert names(folder.parent) == ["out"]


@pytest.mark.skipif(sys.platform != "linux", reason="the one rename is Linux's")
def test_there_is_an_export_at_every_moment(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
    if not module._exchanged(tmp_path / "a", tmp_path / "b"):
        pytest.skip("this file system cannot exchange two folders")
    code = (
        "import sys, pathlib\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "for _ in range(20_000):\n"
        "    text = (folder / 'metadata.json').read_text()\n"
        "    assert text in ('first', 'second'), text\n"
        "print('whole')\n"
    )
    write(tmp_path / "out", "first")
    reader = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        text=True,
    )
    while reader.poll() is None:
        write(tmp_path / "out", "second")
    assert reader.stdout.read() == "whole\n"


def test_an_error_leaves_the_older_export_and_nothing_else(tmp_path):
    write(tmp_path / "out", "first")
    with (
        pytest.raises(OSError, match="disk full"),
        whole_export(tmp_path / "out", NAMES) as temporary,
    ):
        (temporary / "metadata.json").write_text("second")
        raise OSError("disk full")
    assert (tmp_path / "out" / "metadata.json").read_text() == "first"
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("other", ["checkpoints", "flags.txt", ".bashrc"])
def test_a_folder_with_anything_else_is_left_alone(other, tmp_path):
    (tmp_path / "metadata.json").write_text("")
    (tmp_path / other).write_text("precious")
    with pytest.raises(FileExistsError, match=f"holds {other}, which is no part"):
        write(tmp_path, "first")
    assert (tmp_path / other).read_text() == "precious"


def test_what_older_versions_left_behind_is_replaced(tmp_path):
    (tmp_path / "out" / ".partial_abc").mkdir(parents=True)
    write(tmp_path / "out", "first")
    assert names(tmp_path / "out") == ["metadata.json", "saved_model"]


def test_a_file_is_no_export_folder(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(FileExistsError, match="out is a file"):
        write(tmp_path / "out", "first")


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write(tmp_path / "link", "first")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "metadata.json").read_text() == "first"


def test_a_mount_point_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(module.Path, "is_mount", lambda self: self == tmp_path)
    with pytest.raises(FileExistsError, match="is a mount point"):
        write(tmp_path, "first")


def test_what_a_killed_export_left_is_removed_by_the_next(tmp_path):
    code = (
        "import sys, time, pathlib\n"
        "from lstm_icnet.deployment.whole_export import whole_export\n"
        "with whole_export(pathlib.Path(sys.argv[1]), ()) as folder:\n"
        "    (folder / 'half').write_text('')\n"
        "    print('writing', flush=True)\n"
        "    time.sleep(60)\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "out")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout.readline() == "writing\n"
    write(tmp_path / "out", "first")
    assert len(names(tmp_path)) == 2  # that of a living process stays
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    time.sleep(0.1)
    write(tmp_path / "out", "second")
    assert names(tmp_path) == ["out"]
