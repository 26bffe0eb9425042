"""One step of a network as TensorFlow functions, from which files are written."""

from collections.abc import Callable

import keras
import tensorflow as tf

from lstm_icnet.network.icnet_model import ICNet


class StepFunctions:
    """One step of `model`, for images of its own size.

    `logits` and `labels` take `image`, uint8 RGB, and the states by name, and give
    `logits` and the states under the same names; `labels` adds the label maps.

    Args:
        model: The network.
        scores: Whether `labels` gives `scores`, class probabilities, as well.
        change: Makes the Keras model of a step into the one that is used.

    Attributes:
        variables: The weights that the functions use.
    """

    def __init__(
        self,
        model: ICNet,
        scores: bool = False,
        change: Callable[[keras.Model], keras.Model] = lambda step: step,
    ):
        self._step = change(model.build_step())
        self.variables = self._step.variables
        self._image_size = model.image_size
        self._state_shapes = model.state_shapes()
        self._scores = scores

    def logits(self, inputs: dict) -> dict:
        outputs = dict(self._step(inputs, training=False))
        outputs["logits"] = tf.cast(outputs.pop("main"), tf.float32)
        return outputs

    def labels(self, inputs: dict) -> dict:
        outputs = self.logits(inputs)
        maps = label_maps(outputs["logits"], self._image_size, self._scores)
        return {**outputs, **maps}

    def specs(self, batch_size: int | None) -> dict[str, tf.TensorSpec]:
        """The inputs of a step by name."""
        image = tf.TensorSpec((batch_size, *self._image_size, 3), tf.uint8, "image")
        states = {
            name: tf.TensorSpec((batch_size, *shape), tf.float32, name)
            for name, shape in self._state_shapes.items()
        }
        return {"image": image, **states}


def label_maps(logits: tf.Tensor, size: tf.Tensor, scores: bool) -> dict:
    """`labels`, uint8, and, if requested, `scores` of logits at another size."""
    # TensorFlow's argmax, as TFLite has no operator for what Keras' adds to it.
    logits = tf.raw_ops.ResizeBilinear(images=logits, size=size, align_corners=True)
    outputs = {"labels": tf.cast(tf.argmax(logits, -1, tf.int32), tf.uint8)}
    if scores:
        outputs["scores"] = tf.nn.softmax(logits)
    return outputs
