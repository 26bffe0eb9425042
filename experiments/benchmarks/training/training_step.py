"""One training step of a network on random images, without a data set."""

from collections.abc import Callable

import keras
import numpy as np

from experiments.training.step.precision import precision, scaled_loss
from experiments.training.step.recomputation import recompute_in_training
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.network.loss import HEAD_WEIGHTS, head_losses


def network_to_train(
    version: int | None,
    cell: str | None,
    image_size: tuple[int, int],
    num_frames: int = 4,
    precision_name: str = "float32",
    recompute: bool = False,
) -> ICNet:
    """A compiled network as `experiments.train` makes it, with SGD and momentum."""
    with precision(precision_name):
        model = ICNet(
            version,
            cell,
            image_size=image_size,
            num_frames=num_frames,
            weight_decay=1e-4,
        )
    if recompute:
        recompute_in_training(model)
    compile_step(model, precision_name)
    return model


def compile_step(model: keras.Model, precision_name: str = "float32") -> None:
    """Gives a network with the three heads its losses and an optimiser."""
    optimizer = keras.optimizers.SGD(1e-3, momentum=0.9)
    model.compile(scaled_loss(optimizer, precision_name), **head_losses())


def step_call(
    model: keras.Model,
    image_size: tuple[int, int],
    num_classes: int = 19,
) -> Callable[[], None]:
    """A function that does one training step, on one random clip that stays the same.

    Args:
        model: A compiled network with the three heads.
        image_size: (height, width) of its images.
        num_classes: Of its heads.
    """
    rng = np.random.default_rng(0)
    shape = (1, *model.inputs[0].shape[1:])
    images = rng.integers(0, 256, shape, dtype=np.uint8)
    labels = rng.integers(0, num_classes, (1, *image_size), dtype=np.uint8)
    targets = {head: labels for head in HEAD_WEIGHTS}
    return lambda: model.train_on_batch(images, targets)
