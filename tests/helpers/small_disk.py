"""A small disk in memory, which only root can mount."""

import subprocess
from contextlib import contextmanager, suppress

import pytest


@contextmanager
def small_disk(folder, size):
    """A disk of `size`, such as "256k", at `folder`; the test is skipped without root.

    Nothing may have a file on it open in the end.
    """
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("only root can mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(folder):
    """Leaves no room on the disk; the file that does so is returned."""
    with open(folder / "filling", "wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
    return folder / "filling"


def make_read_only(folder):
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
