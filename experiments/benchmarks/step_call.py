"""One streaming step as a function that benchmarks time."""

from collections.abc import Callable

import cv2
import keras
import numpy as np
from keras import ops

from experiments.benchmarks.compiled import compiled


def call_of_step(step: keras.Model) -> Callable[[], dict]:
    """Compiles `step` for one frame of noise and random states.

    Args:
        step: From `ICNet.build_step`.

    Returns:
        A function without arguments that computes and returns the outputs.
    """
    inputs = {
        name: ops.convert_to_tensor(value, step.input[name].dtype)
        for name, value in random_inputs(step).items()
    }

    if keras.backend.backend() != "jax":
        return compiled(lambda inputs: step(inputs, training=False), inputs)

    def run(trainable, non_trainable, inputs):
        outputs, _ = step.stateless_call(
            trainable, non_trainable, inputs, training=False
        )
        return outputs

    weights = (
        [ops.convert_to_tensor(variable) for variable in variables]
        for variables in (step.trainable_variables, step.non_trainable_variables)
    )
    return compiled(run, *weights, inputs)


def random_inputs(step: keras.Model) -> dict[str, np.ndarray]:
    """What `step` takes, float32: an image in [0, 255] and states in [-1, 1]."""
    rng = np.random.default_rng(0)
    return {
        name: rng.uniform(*((0, 255) if name == "image" else (-1, 1)), shape).astype(
            np.float32
        )
        for name, shape in (
            (name, (1, *tensor.shape[1:])) for name, tensor in step.input.items()
        )
    }


def smooth_image(size: tuple[int, int]) -> np.ndarray:
    """An image with larger and smaller areas of even colour: uint8 (*size, 3)."""
    rng = np.random.default_rng(0)
    height, width = size
    image = np.zeros((*size, 3), np.float32)
    for scale in (4, 16, 64):
        small = rng.standard_normal((height // scale + 2, width // scale + 2, 3))
        layer = cv2.resize(np.float32(small), (width, height))
        image += layer * np.float32(scale**0.5)
    return cv2.normalize(image, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
