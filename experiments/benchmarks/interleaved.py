"""Timing several functions in turn, under the same load of the machine."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from tqdm import tqdm

Name = TypeVar("Name")


@dataclass(frozen=True)
class Timing:
    """The times of one function in milliseconds.

    Attributes:
        median_ms: Median of all rounds.
        low_ms, high_ms: First and third quartile.
        rounds_ms: The time of every round.
    """

    median_ms: float
    low_ms: float
    high_ms: float
    rounds_ms: tuple[float, ...] = ()


def time_interleaved(
    jobs: Mapping[Name, Callable[[], object]],
    rounds: int,
    progress: bool = True,
    prepare: Callable[[Name], None] = lambda name: None,
) -> dict[Name, Timing]:
    """Times every job once per round, in turn, after a first call that is not timed.

    On a machine that others use as well, times of different runs cannot be compared;
    the ratio of two medians of one such run can.

    Args:
        jobs: Functions by name; each must have finished its work when it returns.
        rounds: How many times each is timed.
        progress: Whether to show a progress bar.
        prepare: Called with a job's name before each of its calls, which is not timed.
    """
    for name, job in tqdm(
        jobs.items(), "warm up", leave=False, disable=not progress or None, unit="job"
    ):
        try:
            prepare(name)
            job()
        except Exception as error:
            error.add_note(f"while warming up {name!r}")
            raise
    times: dict[Name, list[float]] = {name: [] for name in jobs}
    for _ in tqdm(
        range(rounds), "timing", leave=False, disable=not progress or None, unit="round"
    ):
        for name, job in jobs.items():
            prepare(name)
            began = time.perf_counter()
            job()
            times[name].append(1000 * (time.perf_counter() - began))
    return {name: _timing(values) for name, values in times.items()}


def _timing(values):
    low, median, high = np.percentile(values, (25, 50, 75))
    return Timing(float(median), float(low), float(high), tuple(values))
