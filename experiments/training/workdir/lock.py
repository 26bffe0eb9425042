"""The lock of a workdir, which ends with the process that holds it."""

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows: two trainings in one workdir are not noticed there
    fcntl = None  # type: ignore[assignment]


def lock_workdir(file: BinaryIO, workdir: Path) -> None:
    """Locks an open file, and writes the process' id into it for others to read.

    Raises:
        ValueError: If another process holds the lock.
    """
    if fcntl is None:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        process = file.read().decode(errors="replace").strip()
        raise ValueError(
            f"{workdir} is in use by another training (process {process}); wait for "
            f"it, or take another --workdir"
        ) from None
    except OSError:  # file systems without locks
        return
    with suppress(OSError):  # a full disk, of which check_space tells more
        file.truncate(0)
        file.write(f"{os.getpid()}\n".encode())
