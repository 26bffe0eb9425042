import errno
import os
import signal
import stat
import subprocess
import sys
import threading

import pytest

from data.files import whole_file as module
from data.files.whole_file import (
    refuse_full_folder,
    remove_abandoned,
    whole_file,
    whole_folder,
    write_whole,
)


def names(folder):
    return sorted(os.listdir(folder))


def test_file_appears_whole_and_alone(tmp_path):
    path = tmp_path / "new" / "scores.json"
    with whole_file(path) as temporary:
        temporary.write_text("{}")
        assert temporary.parent == path.parent
        assert temporary.name.startswith(".")
        assert temporary.suffix == ".json"
        assert not path.exists()
    assert path.read_text() == "{}"
    assert names(path.parent) == ["scores.json"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_nothing_stays_after_an_error(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("before")
    with pytest.raises(error), whole_file(path) as temporary:
        temporary.write_text("half")
        raise error
    assert path.read_text() == "before"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("whole", [whole_file, whole_folder])
def test_folders_made_for_nothing_are_removed(tmp_path, whole):
    with pytest.raises(ValueError), whole(tmp_path / "new" / "newer" / "a"):
        raise ValueError
    assert names(tmp_path) == []


def test_mode_is_that_of_any_new_file(tmp_path):
    old = os.umask(0o027)
    try:
        write_whole(tmp_path / "a", "")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_mode_of_the_file_replaced_is_kept(tmp_path):
    path = tmp_path / "secret"
    path.touch(0o600)
    write_whole(path, "text")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_link_is_followed_and_stays(tmp_path):
    (tmp_path / "disk").mkdir()
    link = tmp_path / "link.txt"
    link.symlink_to("disk/real.txt")
    for text in ("made", "replaced"):
        write_whole(link, text)
        assert link.is_symlink()
        assert (tmp_path / "disk" / "real.txt").read_text() == text
    assert names(tmp_path) == ["disk", "link.txt"]
    assert names(tmp_path / "disk") == ["real.txt"]


def test_links_in_a_circle_are_an_error(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError) as caught:
        write_whole(tmp_path / "a", "text")
    assert caught.value.errno == errno.ELOOP
    assert names(tmp_path) == ["a", "b"]


def test_device_is_written_to_and_stays_one():
    before = os.stat(os.devnull)
    write_whole(module.Path(os.devnull), "text")
    assert os.path.samestat(before, os.stat(os.devnull))
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_named_pipe_gets_the_content(tmp_path):
    pipe = tmp_path / "pipe.txt"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_whole(pipe, "through the pipe")
    reader.join()
    assert read == ["through the pipe"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert names(tmp_path) == ["pipe.txt"]


def test_standard_output_keeps_what_was_printed(tmp_path):
    code = (
        "from data.files.whole_file import write_whole; from pathlib import Path;"
        "print('table', flush=True); write_whole(Path('/dev/stdout'), 'json')"
    )
    out = tmp_path / "out.txt"
    with out.open("w") as file:
        subprocess.run([sys.executable, "-c", code], stdout=file, check=True)
    assert out.read_text() == "table\njson"
    piped = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert piped.stdout == "table\njson"


def test_folder_in_the_place_of_a_file_is_refused(tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder"):
        write_whole(tmp_path, "text")


def test_longest_name_can_be_written(tmp_path):
    name = "n" * 251 + ".txt"
    write_whole(tmp_path / name, "text")
    assert names(tmp_path) == [name]


def test_error_names_the_target(tmp_path):
    path = tmp_path / ("n" * 300)
    with pytest.raises(OSError) as caught:
        write_whole(path, "text")
    assert caught.value.errno == errno.ENAMETOOLONG
    assert caught.value.filename == str(path)
    assert names(tmp_path) == []


@pytest.mark.parametrize("whole", [whole_file, whole_folder])
def test_error_names_the_target_where_nothing_can_be_made(whole):
    # The kernel allows no user, not even root, to make files in this folder.
    with pytest.raises(OSError) as error, whole("/proc/scores.json"):
        pass
    assert error.value.filename == "/proc/scores.json"


def test_full_disk_names_the_target_and_leaves_what_was_there(tmp_path):
    path = tmp_path / "scores.json"
    path.write_text("before")
    # The error of a write to a full disk names no file.
    with (
        pytest.raises(OSError) as caught,
        whole_file(path),
        open("/dev/full", "w") as full,
    ):
        full.write("text")
        full.flush()
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(path)
    assert path.read_text() == "before"
    assert names(tmp_path) == ["scores.json"]


def test_error_about_another_file_names_that_one(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, whole_file(tmp_path / "a"):
        (tmp_path / "input.png").read_bytes()
    assert caught.value.filename == str(tmp_path / "input.png")


def test_folder_appears_whole_and_replaces_the_old_one(tmp_path):
    path = tmp_path / "export"
    for name in ("first", "second"):
        with whole_folder(path) as temporary:
            (temporary / name).write_text("model")
            assert temporary.parent == tmp_path
        assert names(path) == [name]
    assert names(tmp_path) == ["export"]


def test_folder_stays_as_it_was_after_an_error(tmp_path):
    path = tmp_path / "export"
    path.mkdir()
    (path / "old").touch()
    with pytest.raises(ValueError), whole_folder(path) as temporary:
        (temporary / "new").touch()
        raise ValueError
    assert names(path) == ["old"]
    assert names(tmp_path) == ["export"]


def test_old_folder_is_put_back_if_the_new_one_cannot_take_its_place(
    tmp_path, monkeypatch
):
    path = tmp_path / "export"
    path.mkdir()
    (path / "old").touch()
    rename = os.rename

    def failing(source, target):
        if "partial" in os.path.basename(source):
            raise OSError(errno.EIO, "Input/output error", str(source))
        rename(source, target)

    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(OSError) as caught, whole_folder(path) as temporary:
        (temporary / "new").touch()
    assert caught.value.filename == str(path)
    assert names(path) == ["old"]
    assert names(tmp_path) == ["export"]


def test_empty_folder_that_cannot_be_replaced_is_filled(tmp_path, monkeypatch):
    path = tmp_path / "disk"
    path.mkdir()

    def busy(source, target):
        raise OSError(errno.EBUSY, "Device or resource busy", str(source))

    monkeypatch.setattr(os, "replace", busy)
    with whole_folder(path) as temporary:
        (temporary / "v").mkdir()
        (temporary / "v" / "a.png").touch()
    assert names(path) == ["v"] and names(path / "v") == ["a.png"]
    assert names(tmp_path) == ["disk"]
    with pytest.raises(OSError, match="busy"), whole_folder(path):
        pass
    assert names(path) == ["v"]


def test_linked_folder_is_followed(tmp_path):
    (tmp_path / "disk" / "real").mkdir(parents=True)
    (tmp_path / "disk" / "real" / "old").touch()
    (tmp_path / "link").symlink_to("disk/real")
    with whole_folder(tmp_path / "link") as temporary:
        (temporary / "new").touch()
    assert (tmp_path / "link").is_symlink()
    assert names(tmp_path / "disk" / "real") == ["new"]


@pytest.mark.parametrize("whole", [whole_file, whole_folder])
def test_url_is_refused_unchanged(whole, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    message = "https://host//a is a URL"
    with pytest.raises(ValueError, match=message), whole("https://host//a"):
        pass
    assert names(tmp_path) == []


def test_file_in_the_place_of_a_folder_is_refused(tmp_path):
    (tmp_path / "a").touch()
    with (
        pytest.raises(FileExistsError, match="is a file"),
        whole_folder(tmp_path / "a"),
    ):
        pass


def run_and_kill(code, *arguments):
    """Runs a program that says when it is in the middle, and kills it there."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE
    )
    assert process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()


_WRITES = """
import sys, time
from data.files.whole_file import {0}
with {0}(sys.argv[1]) as temporary:
    ({1}).write_text("half")
    print("in the middle", flush=True)
    time.sleep(60)
"""


def test_what_a_killed_process_left_is_removed_by_the_next_write(tmp_path):
    path = tmp_path / "out.txt"
    run_and_kill(_WRITES.format("whole_file", "temporary"), path)
    assert len(names(tmp_path)) == 1
    write_whole(path, "whole")
    assert names(tmp_path) == ["out.txt"]


def test_what_killed_processes_left_is_removed_whatever_it_was_for(tmp_path):
    run_and_kill(_WRITES.format("whole_file", "temporary"), tmp_path / "a.json")
    run_and_kill(_WRITES.format("whole_folder", "temporary / 'a.png'"), tmp_path / "b")
    others = [".hidden", ".b.12345678.0.old", "c.12345678.0.partial", "d.json"]
    for name in others:
        (tmp_path / name).touch()
    with whole_file(tmp_path / "e.json") as temporary:
        remove_abandoned(tmp_path)
        assert names(tmp_path) == sorted([*others, temporary.name])
    remove_abandoned(tmp_path / "missing")


def test_folder_that_a_killed_process_left_is_removed_by_the_next_write(tmp_path):
    path = tmp_path / "maps"
    run_and_kill(_WRITES.format("whole_folder", "temporary / 'a.png'"), path)
    assert len(names(tmp_path)) == 1
    with whole_folder(path) as temporary:
        assert names(temporary) == []
    assert names(tmp_path) == ["maps"]


_DIES_BETWEEN_RENAMES = """
import os, sys, time
from data.files.whole_file import whole_folder
rename = os.rename
def stopping(source, target):
    if "partial" in os.path.basename(source):
        print("between", flush=True)
        time.sleep(60)
    rename(source, target)
os.rename = stopping
with whole_folder(sys.argv[1]) as temporary:
    (temporary / "new").touch()
"""


def test_old_folder_is_found_again_after_a_kill_between_the_renames(tmp_path):
    path = tmp_path / "export"
    path.mkdir()
    (path / "old").touch()
    run_and_kill(_DIES_BETWEEN_RENAMES, path)
    assert not path.exists()
    with pytest.raises(ValueError), whole_folder(path):
        assert names(path) == ["old"]
        raise ValueError
    assert names(tmp_path) == ["export"]
    assert names(path) == ["old"]


def test_two_writers_of_one_target_do_not_meet(tmp_path):
    path = tmp_path / "out.txt"
    with whole_file(path) as first, whole_file(path) as second:
        first.write_text("first")
        second.write_text("second")
        assert first != second
        assert first.read_text() == "first"
    assert path.read_text() == "first"
    assert names(tmp_path) == ["out.txt"]


def test_a_folder_with_anything_in_it_is_refused(tmp_path):
    refuse_full_folder(tmp_path / "new")
    refuse_full_folder(tmp_path)
    (tmp_path / "0001.png").touch()
    with pytest.raises(FileExistsError, match="is not empty; choose a new or an empty"):
        refuse_full_folder(tmp_path)
    with pytest.raises(FileExistsError, match="is a file; it should be a folder"):
        refuse_full_folder(tmp_path / "0001.png")
