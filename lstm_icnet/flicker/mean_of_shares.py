"""The mean of shares of pixels, each of which weighs the same, in NumPy."""


class MeanOfShares:
    """What the metrics over pairs and windows of frames have in common.

    A subclass sets `_scale`, what a share of all pixels is called in its unit, and
    `_settings`, what two metrics must agree in to be merged.
    """

    _scale = None
    _settings = ()

    def __init__(self):
        self._count = 0
        self._sum = 0.0

    def merge(self, other):
        """Adds what another metric of the same kind and settings has counted.

        Raises:
            ValueError: If it is of another kind or has other settings.
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

    def result(self):
        """The mean in the metric's unit, `None` if nothing has been counted."""
        return self._scale * self._sum / self._count if self._count else None

    def _add(self, num_pixels, num_all):
        """Adds a share; one of no pixels at all is none."""
        if num_all:
            self._sum += num_pixels / num_all
            self._count += 1
