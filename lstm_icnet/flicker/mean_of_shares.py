"""The unweighted mean of shares of pixels, in NumPy."""

from typing import Any


class MeanOfShares:
    """Base of the metrics over pairs and windows of frames.

    A subclass sets `_scale`, the value of a share of 1 in its unit, and `_settings`,
    which must be equal in metrics that are merged.
    """

    _scale: float
    _settings: tuple[Any, ...] = ()

    def __init__(self):
        self._count = 0
        self._sum = 0.0

    def merge(self, other: "MeanOfShares") -> None:
        """Adds what another metric of the same kind and settings has counted.

        Raises:
            ValueError: If its class or its settings differ.
        """
        ours = (type(self).__name__, *self._settings)
        theirs = (type(other).__name__, *getattr(other, "_settings", ()))
        if theirs != ours:
            raise ValueError(
                "Only metrics of the same kind and settings can be merged. "
                f"Received: {theirs}, into {ours}"
            )
        self._sum += other._sum
        self._count += other._count

    def result(self) -> float | None:
        """The mean in the metric's unit, `None` if nothing has been counted."""
        return self._scale * self._sum / self._count if self._count else None

    def _add(self, num_pixels, num_all):
        """Adds a share of pixels, unless there are no pixels at all."""
        if num_all:
            self._sum += num_pixels / num_all
            self._count += 1
