"""Tables of flicker by place, and the names of the places."""

from collections.abc import Mapping, Sequence

import numpy as np

from experiments.flicker_report.flicker_record import METRICS
from lstm_icnet.flicker.places import (
    BORDER_DISTANCES,
    NUM_TENTHS,
    FlickerByPlace,
    PlaceCounts,
)

TENTHS = [f"{10 * k} to {10 * (k + 1)} %" for k in range(NUM_TENTHS)]
Places = Mapping[str, FlickerByPlace]  # by run


def distance_names() -> list[str]:
    """Names of the distance bins: 1, 2, 3 to 4, ..., over the largest."""
    starts = [end + 1 for end in (0, *BORDER_DISTANCES[:-1])]
    names = [
        f"{start} to {end}" if start < end else f"{end}"
        for start, end in zip(starts, BORDER_DISTANCES, strict=True)
    ]
    return [*names, f"over {BORDER_DISTANCES[-1]}"]


def metrics_of(places: Places) -> list[str]:
    """The metrics, "mfp" or "mfip", that every run has."""
    return [
        metric
        for metric in METRICS
        if all(getattr(found.borders, metric) is not None for found in places.values())
    ]


def border_table(places: Places) -> list[list[str]]:
    """Header, and a row for each bin of distance."""
    counts = {run: found.borders for run, found in places.items()}
    return _table("distance (pixels)", distance_names(), counts, metrics_of(places))


def class_place_table(places: Places, classes: Sequence[str]) -> list[list[str]]:
    """Header and a row for each class that occurs."""
    counts = {run: found.classes for run, found in places.items()}
    distances = {run: found.border_distance for run, found in places.items()}
    return _table("class", classes, counts, metrics_of(places), distances)


def row_table(places: Places) -> list[list[str]]:
    """Header and a row for each tenth of the height."""
    counts = {run: found.tenths for run, found in places.items()}
    return _table("rows", TENTHS, counts, metrics_of(places))


def _table(
    head: str,
    names: Sequence[str],
    counts: Mapping[str, PlaceCounts],
    metrics: Sequence[str],
    distances: Mapping[str, np.ndarray] | None = None,
):
    """Share of the pixels and rate of flicker for each place that has pixels."""
    header, columns = [head], [names]
    for run, found in counts.items():
        header.append(f"{run}: pixels (%)")
        columns.append(_texts(found.pixel_share()))
        if distances:
            header.append("to a border (pixels)")
            columns.append(_texts(distances[run]))
        for metric in metrics:
            header.append(f"{METRICS[metric]} (\N{PER MILLE SIGN})")
            columns.append(_texts(found.rate(metric)))
    occurs = np.any([found.pixels for found in counts.values()], axis=0)
    rows = zip(*columns, strict=True)
    return [header, *(list(r) for r, shown in zip(rows, occurs, strict=True) if shown)]


def _texts(values):
    return ["-" if np.isnan(value) else f"{value:.2f}" for value in values]
