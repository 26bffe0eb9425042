"""What files in int8 are calibrated with."""

from collections.abc import Iterable

import numpy as np

from lstm_icnet.deployment.formats.step_functions import StepFunctions
from lstm_icnet.network.icnet_model import ICNet


def calibration_inputs(
    model: ICNet, clips: Iterable[np.ndarray]
) -> list[dict[str, np.ndarray]]:
    """The inputs of every step of some clips, the states carried within each clip.

    Args:
        model: The network, which computes the states.
        clips: Each uint8 (frames, height, width, 3) at the network's size.

    Returns:
        For every frame `image`, uint8 (1, height, width, 3), and the states by name.
    """
    import tensorflow as tf

    functions = StepFunctions(model)
    step = tf.function(functions.logits, [functions.specs(1)], autograph=False)
    found = []
    for clip in clips:
        states = {
            name: np.zeros((1, *shape), np.float32)
            for name, shape in model.state_shapes().items()
        }
        for image in clip:
            inputs = {"image": image[np.newaxis], **states}
            found.append(inputs)
            outputs = step({name: tf.constant(x) for name, x in inputs.items()})
            states = {name: outputs[name].numpy() for name in states}
    return found
