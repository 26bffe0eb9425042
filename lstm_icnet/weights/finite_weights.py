"""Refuses weights that are NaN or infinite, which predict class 0 everywhere."""

from collections.abc import Iterable

import keras
import numpy as np

from lstm_icnet.weights.given_weights import GivenWeights


def refuse_nonfinite(source: str, weights: Iterable[tuple[str, np.ndarray]]) -> None:
    """Raises ValueError if a weight is NaN or infinite.

    Args:
        source: Where the weights come from, for the message.
        weights: Pairs of name and array, of any numeric type.
    """
    bad = [name for name, array in weights if not np.isfinite(array).all()]
    if not bad:
        return
    others = f" and {len(bad) - 1} others" if len(bad) > 1 else ""
    raise ValueError(
        f"{source} has weights that are NaN or infinite ({bad[0]}{others}), as "
        f"after a training that diverged; use an earlier checkpoint "
        f"(`allow_nonfinite` is for looking at such a network, not for training it)"
    )


def refuse_nonfinite_model(model: keras.Model, source: str | None = None) -> None:
    """As `refuse_nonfinite`, for a Keras model; `source` is its name by default."""
    refuse_nonfinite(source or model.name, _weights_of(model))


def has_finite_weights(model: keras.Model) -> bool:
    """Whether no weight of a Keras model is NaN or infinite."""
    return all(np.isfinite(array).all() for _, array in _weights_of(model))


def _weights_of(model):
    return (
        (f"{layer.name}/{weight.name}", np.asarray(weight))
        for layer in model.layers
        for weight in layer.weights
    )


def refuse_nonfinite_given(given: GivenWeights) -> None:
    """As `refuse_nonfinite`, for weights read from a file."""
    refuse_nonfinite(
        given.source,
        (
            (f"{layer}/{name}", array)
            for layer, weights in given.layers.items()
            for name, array in weights.items()
        ),
    )
