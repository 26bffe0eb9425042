"""Peak memory of one training step, each network in a process of its own."""

import multiprocessing
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.files.workers import end_with_parent
from experiments.presentation.text_table import text_table

VERSIONS = (None, 2, 5, 6)
_GIB = 1 << 30
_SPARE = 1 << 30  # bytes left to other programs
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Row:
    """One training step.

    Attributes:
        network: Such as `v2 separable`.
        recompute: Whether parts of the network were computed twice.
        precision: Number format.
        before_gib: Resident memory with the network made, before the step.
        peak_gib: Highest resident memory during the step; `None` if it was more than
            the machine had free, and the process was ended.
        seconds: Of the step, with compilation.
    """

    network: str
    recompute: bool
    precision: str
    before_gib: float | None
    peak_gib: float | None
    seconds: float | None


def benchmark_memory(
    image_size: tuple[int, int],
    cell: str = "separable",
    versions: Sequence[int | None] = VERSIONS,
    precision: str = "float32",
    num_frames: int = 4,
    limit: int | None = None,
) -> list[Row]:
    """Does one training step of every network, with and without recomputation.

    The batch is one clip; ICNet takes one frame of it.

    Args:
        image_size: (height, width).
        cell: Of the versions that have one.
        versions: Of the networks, `None` for ICNet.
        precision: As for `experiments.train`.
        num_frames: Frames of a clip.
        limit: Most bytes that a process may hold; by default what the machine has free
            at its start, but one GiB.
    """
    rows = []
    for version in versions:
        for recompute in (False, True):
            has_cell = None if version is None else cell
            arguments = (version, has_cell, image_size, num_frames, precision)
            found = _in_process((*arguments, recompute), limit or _free() - _SPARE)
            name = "ICNet" if version is None else f"v{version} {cell}"
            rows.append(Row(name, recompute, precision, *found))
    return rows


def describe(rows: Sequence[Row], image_size: tuple[int, int]) -> str:
    """A table for the terminal."""
    height, width = image_size
    lines = [
        (
            row.network,
            "yes" if row.recompute else "no",
            row.precision,
            *(
                ("-", "does not fit", "-")
                if row.peak_gib is None
                else (
                    f"{row.before_gib:.2f}",
                    f"{row.peak_gib:.2f}",
                    f"{row.seconds:.0f}",
                )
            ),
        )
        for row in rows
    ]
    title = f"One training step at {height}x{width}, batch of one clip"
    head = ("", "--recompute", "precision", "GiB before", "GiB at most", "seconds")
    return f"{title}\n{text_table(head, lines)}"


def _in_process(arguments, limit):
    """GiB before and at most, and seconds; `None` each if it exceeded the limit."""
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(sending, arguments))
    process.start()
    sending.close()
    try:
        while process.is_alive():
            if _resident(process.pid) > limit:
                return None, None, None
            if receiving.poll(_POLL_SECONDS):
                return receiving.recv()
        raise RuntimeError(
            f"The process of the step ended with exit code {process.exitcode}"
        )
    except EOFError:
        process.join()
        raise RuntimeError(
            f"The process of the step ended with exit code {process.exitcode}"
        ) from None
    finally:
        process.kill()
        process.join()


def _measure(sending, arguments):
    """Runs in a new process, as the peak of a process never falls."""
    end_with_parent()
    # TensorFlow is loaded in this process alone.
    from experiments.benchmarks.training.training_step import (
        network_to_train,
        step_call,
    )

    _, _, image_size, *_ = arguments
    step = step_call(network_to_train(*arguments), image_size)
    before = _resident(os.getpid())
    began = time.perf_counter()
    step()
    seconds = time.perf_counter() - began
    sending.send((before / _GIB, _peak() / _GIB, seconds))


def _resident(pid):
    """Bytes in memory; 0 for a process that has ended."""
    try:
        return _kilobytes(Path(f"/proc/{pid}/status"), "VmRSS")
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _peak():
    return _kilobytes(Path("/proc/self/status"), "VmHWM")


def _free():
    return _kilobytes(Path("/proc/meminfo"), "MemAvailable")


def _kilobytes(file, name):
    """A number of kilobytes in one of Linux' files, in bytes; 0 if it is not there."""
    for line in file.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return 1024 * int(line.split()[1])
    return 0
