"""Arrays that the metrics must refuse, in NumPy and in Keras."""

from collections.abc import Iterator
from functools import partial

import metric_calls
from hostile_cases import Case


def cases() -> Iterator[Case]:
    """All cases of this module."""
    for metric in metric_calls.METRICS:
        taken = metric_calls.TAKEN.get(metric, set())
        for name in metric_calls.ARRAYS.keys() - taken:
            make = partial(_arguments, metric, name)
            yield Case("metrics", f"{metric}: {name}", "metric_calls", make)


def _arguments(metric, name, folder):
    return [f"--metric={metric}", f"--arrays={name}"]
