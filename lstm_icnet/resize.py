"""Bilinear resizing by the two rules of the authors' network."""

import keras
import numpy as np
from keras import ops


def shrunk(size):
    """Half the size by Caffe's interp layer, int((n - 1) / 2 + 1)."""
    return tuple((n - 1) // 2 + 1 for n in size)


def zoomed(size):
    """Twice the size by Caffe's interp layer, 2 n - 1."""
    return tuple(2 * n - 1 for n in size)


@keras.saving.register_keras_serializable(package="lstm_icnet")
class ResizeBilinear(keras.layers.Layer):
    """Bilinear resize of `(batch, height, width, channels)` to a static size.

    With aligned corners, pixel `i` of `m` reads position `i (n - 1) / (m - 1)` of the
    `n` input pixels; without, position `i n / m` (the rule of TensorFlow 1, whose
    pixels are points, not areas). Both clamp at the border.

    `keras.ops.image.resize` has neither rule. On TensorFlow its own kernel is taken,
    which exports well and is the fastest there on a CPU, forward and backward; on other
    backends two neighbours are gathered and mixed, one axis after the other.

    Args:
        size: Pair of positive ints, the output's (height, width).
        align_corners: Bool, which of the two rules.
    """

    def __init__(self, size, align_corners=True, **kwargs):
        super().__init__(**kwargs)
        self.size = tuple(size)
        self.align_corners = align_corners

    def call(self, inputs):
        if tuple(inputs.shape[1:3]) == self.size:
            return inputs
        if keras.backend.backend() == "tensorflow":
            return self._kernel(inputs)
        return self._mix_neighbours(inputs)

    def _kernel(self, inputs):
        import tensorflow as tf

        resized = tf.raw_ops.ResizeBilinear(
            images=inputs, size=self.size, align_corners=self.align_corners
        )
        return ops.cast(resized, inputs.dtype)  # the kernel always returns float32

    def _mix_neighbours(self, inputs):
        for axis, target in zip((1, 2), self.size, strict=True):
            source = inputs.shape[axis]
            position = np.arange(target) * source / target
            if self.align_corners:
                position = np.linspace(0, source - 1, target)
            before = position.astype(int)
            after = np.minimum(before + 1, source - 1)
            share = np.expand_dims(position - before, tuple(range(1, 4 - axis)))
            share = ops.convert_to_tensor(share, inputs.dtype)
            start = ops.take(inputs, before, axis=axis)
            inputs = start + share * (ops.take(inputs, after, axis=axis) - start)
        return inputs

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *self.size, input_shape[-1])

    def get_config(self):
        return {
            **super().get_config(),
            "size": self.size,
            "align_corners": self.align_corners,
        }
