"""What the Keras metrics of label maps share."""

import keras
from keras import ops


class PixelMetric(keras.metrics.Metric):
    """A metric that keeps sums over pixels, and no frames.

    A subclass sets `_default_name`, makes its sums with `_add_sum` and fills them in
    `_add`.
    """

    _default_name = None

    def __init__(self, name=None, dtype=None):
        super().__init__(name=name or self._default_name, dtype=dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        # Keras passes the argument to every metric, set or not.
        if sample_weight is not None:
            raise ValueError(
                "These metrics count pixels: `sample_weight` must be `None`"
            )
        self._add(y_true, y_pred)

    def _add(self, y_true, y_pred):
        raise NotImplementedError

    def _add_sum(self, name, shape=()):
        # Counts are exact up to 2^53 in float64. JAX has 32 bits unless asked for
        # more, where an integer would overflow after a thousand large frames.
        on_jax = keras.backend.backend() == "jax"
        dtype = "float32" if on_jax else "float64"
        return self.add_variable(shape, "zeros", dtype=dtype, name=name)


class MeanOfShares(PixelMetric):
    """The mean of shares of pixels, each weighing the same, times `_scale`."""

    _scale = None
    _count_name = None

    def __init__(self, name=None, dtype=None):
        super().__init__(name, dtype)
        self._sum = self._add_sum("sum")
        self._count = self._add_sum(self._count_name)

    def result(self):
        return self._scale * self._sum / ops.maximum(self._count, 1.0)

    def _add_shares(self, pixels, counted):
        """Adds one share per map of two bool tensors `(batch, maps, height, width)`.

        `pixels` is true only where `counted` is; a map without counted pixels is none.
        """
        num_pixels, num_counted = (
            ops.cast(ops.sum(ops.cast(x, "int32"), axis=(-2, -1)), self._sum.dtype)
            for x in (pixels, counted)
        )
        self._sum.assign_add(ops.sum(num_pixels / ops.maximum(num_counted, 1.0)))
        self._count.assign_add(ops.sum(ops.cast(num_counted > 0, self._count.dtype)))


def as_videos(maps):
    """Label maps as an int32 tensor `(batch, time, height, width)`.

    Raises:
        ValueError: If they have another number of axes.
    """
    if len(maps.shape) != 4:
        raise ValueError(
            "Label maps must be (batch, time, height, width). "
            f"Received: shape={tuple(maps.shape)}"
        )
    return ops.cast(maps, "int32")


def differs(maps):
    """Where a frame differs from the one before it, `(batch, time - 1, ...)`."""
    return maps[:, 1:] != maps[:, :-1]
