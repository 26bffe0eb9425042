"""How often predictions do not follow a change of the labels."""

import numpy as np
from numpy.typing import ArrayLike

from lstm_icnet.flicker.label_maps import IGNORE_LABEL, as_videos


class StaleRate:
    """The share of changed pixels that are predicted as before the change.

        stale rate = |S[t] = G[t-1] and G[t] != G[t-1]| / |G[t] != G[t-1]|

    with S the predictions and G the labels, counted over the pixels of all pairs
    (t-1, t). In [0, 1], 0 being the best. Predictions that never change have an mFIP of
    0 and a high stale rate. A low stale rate does not tell whether the new class is
    right.

    Args:
        ignore_label: A pixel with this label in either frame of a pair is left out.
            `None` to count every pixel.

    Attributes:
        num_changed: Pixels counted so far, those whose label changed.

    Departures: the paper has no such metric. All changed pixels have equal weight,
        instead of all pairs, since many pairs have hardly any change.
    """

    def __init__(self, ignore_label: int | None = IGNORE_LABEL):
        self.ignore_label = ignore_label
        self.num_changed = 0
        self._num_stale = 0

    def update(self, labels: ArrayLike, predictions: ArrayLike) -> None:
        """Adds all pairs of a window.

        Args:
            labels, predictions: Integer arrays `(time, height, width)`, or
                `(batch, time, height, width)` with pairs within each sample. Windows
                of one video overlap by a frame.

        Raises:
            TypeError: If either array holds no integers.
            ValueError: If the shapes differ or have another number of axes.
        """
        label, prediction = as_videos(labels, predictions)
        before, after = label[:, :-1], label[:, 1:]
        changed = before != after
        if self.ignore_label is not None:
            changed &= (before != self.ignore_label) & (after != self.ignore_label)
        stale = changed & (prediction[:, 1:] == before)
        self.num_changed += int(np.count_nonzero(changed))
        self._num_stale += int(np.count_nonzero(stale))

    def merge(self, other: "StaleRate") -> None:
        """Adds the pixels that another object with equal ignore label has counted."""
        if other.ignore_label != self.ignore_label:
            raise ValueError(
                "Only stale rates with the same ignore label can be merged. Received: "
                f"ignore_label={other.ignore_label}, into {self.ignore_label}"
            )
        self.num_changed += other.num_changed
        self._num_stale += other._num_stale

    def result(self) -> float | None:
        """The share, `None` if no counted label has changed."""
        return self._num_stale / self.num_changed if self.num_changed else None


def stale_rate(
    labels: ArrayLike, predictions: ArrayLike, ignore_label: int | None = IGNORE_LABEL
) -> float | None:
    """Stale rate of one video or batch, see `StaleRate`: in [0, 1], or `None`."""
    metric = StaleRate(ignore_label)
    metric.update(labels, predictions)
    return metric.result()
