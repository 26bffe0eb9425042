"""Base classes of the Keras metrics, and the checks of their inputs."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


class PixelMetric(keras.metrics.Metric):
    """A metric that stores sums over pixels, and no frames.

    A subclass sets `_default_name`, creates its sums with `_add_sum` and updates them
    in `_add`.
    """

    _default_name: str | None = None

    def __init__(self, name=None, dtype=None):
        super().__init__(name=name or self._default_name, dtype=dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        # Keras passes `sample_weight` to every metric.
        if sample_weight is not None:
            raise ValueError(
                "These metrics count pixels: `sample_weight` must be `None`"
            )
        self._add(y_true, y_pred)

    def _add(self, y_true, y_pred):
        raise NotImplementedError

    def _add_sum(self, name, shape=()):
        # Counts are exact up to 2^53 in float64. JAX has 32 bits by default, where an
        # integer would overflow after a thousand large frames.
        on_jax = keras.backend.backend() == "jax"
        dtype = "float32" if on_jax else "float64"
        return self.add_variable(shape, "zeros", dtype=dtype, name=name)


class MeanOfShares(PixelMetric):
    """The unweighted mean of shares of pixels, times `_scale`."""

    _scale: float
    _count_name: str

    def __init__(self, name=None, dtype=None):
        super().__init__(name, dtype)
        self._sum = self._add_sum("sum")
        self._count = self._add_sum(self._count_name)

    def result(self):
        return self._scale * self._sum / ops.maximum(self._count, 1.0)

    def _add_shares(self, pixels, counted):
        """Adds one share per map of two bool tensors `(batch, maps, height, width)`.

        `pixels` is true only where `counted` is. A map without counted pixels adds no
        share.
        """
        num_pixels, num_counted = (
            ops.cast(ops.sum(ops.cast(x, "int32"), axis=(-2, -1)), self._sum.dtype)
            for x in (pixels, counted)
        )
        self._sum.assign_add(ops.sum(num_pixels / ops.maximum(num_counted, 1.0)))
        self._count.assign_add(ops.sum(ops.cast(num_counted > 0, self._count.dtype)))


def as_class_ids(*maps: Any) -> Sequence[Any]:
    """Label maps as int32 tensors of one shape, checked when the graph is traced.

    Raises:
        TypeError: If one holds no integers.
        ValueError: If their shapes differ, or a number of axes is not known.
    """
    tensors = [ops.convert_to_tensor(a) for a in maps]
    for tensor in tensors:
        dtype = keras.backend.standardize_dtype(tensor.dtype)
        if not dtype.startswith(("int", "uint")):
            raise TypeError(
                f"Label maps must hold integer class ids. Received: dtype={dtype}"
            )
    shapes = [tuple(tensor.shape) for tensor in tensors]
    if not all(map(may_be_equal, shapes, shapes[1:])):
        raise ValueError(
            f"Labels and predictions must have one shape. Received: shapes={shapes}"
        )
    tensors = [ops.cast(tensor, "int32") for tensor in tensors]
    return same_shape(*tensors) if len(tensors) == 2 else tensors


def as_videos(*maps: Any) -> Sequence[Any]:
    """As `as_class_ids`, and each `(batch, time, height, width)`.

    Raises:
        TypeError, ValueError: As `as_class_ids`.
        ValueError: If the maps have another number of axes.
    """
    tensors = as_class_ids(*maps)
    if len(tensors[0].shape) != 4:
        raise ValueError(
            "Label maps must be (batch, time, height, width). "
            f"Received: shape={tuple(tensors[0].shape)}"
        )
    return tensors


def may_be_equal(shape: Sequence[int | None], other: Sequence[int | None]) -> bool:
    """Whether two shapes agree wherever both are known."""
    return len(shape) == len(other) and all(
        a is None or b is None or a == b for a, b in zip(shape, other, strict=True)
    )


def same_shape(a: Any, b: Any) -> tuple[Any, Any]:
    """The same tensors, checked so that no later operation broadcasts one to the other.

    A length that is known only at run time is checked at run time.
    """
    if None not in (*a.shape, *b.shape):
        return a, b
    return ops.broadcast_to(a, ops.shape(b)), ops.broadcast_to(b, ops.shape(a))


def differs(maps: Any) -> Any:
    """Where a frame differs from the one before it, `(batch, time - 1, ...)`."""
    return maps[:, 1:] != maps[:, :-1]
