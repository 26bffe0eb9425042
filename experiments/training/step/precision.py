"""Networks that are trained in half precision, and their copies in full precision."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras

from lstm_icnet.network.icnet_model import ICNet

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")


@contextmanager
def precision(name: str) -> Iterator[None]:
    """Within this block, new layers compute in this format.

    Weights are float32 in all of them. See `NamedLayers.full_precision` for what is
    computed in float32 as well.

    Args:
        name: One of `PRECISIONS`.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def scaled_loss(
    optimizer: keras.optimizers.Optimizer, name: str
) -> keras.optimizers.Optimizer:
    """The optimizer, with a scaled loss where gradients are float16.

    Small gradients would be zero in float16. They are computed of the loss times a
    factor, and divided by it in float32. The factor is halved after a step whose
    gradients are not finite, and that step changes no weight; it is doubled after 2,000
    finite ones.

    Args:
        optimizer: It may limit the norm of the gradients, which are then already
            divided.
        name: One of `PRECISIONS`.
    """
    if name != "mixed_float16":
        return optimizer
    return keras.optimizers.LossScaleOptimizer(optimizer)


class FullPrecision:
    """A network for inference in float32, as a file of the trained one has it.

    Args:
        model: The network that is trained, in any precision.

    Attributes:
        model: The network in float32: the same one, or a copy.
    """

    def __init__(self, model: ICNet):
        self._trained = model
        self.model = model
        if any(layer.compute_dtype != "float32" for layer in model.layers):
            with precision("float32"):
                self.model = ICNet.from_config(model.get_config())

    def update(self) -> None:
        """Copies the weights, if it is a copy."""
        if self.model is not self._trained:
            self.model.set_weights(self._trained.get_weights())
