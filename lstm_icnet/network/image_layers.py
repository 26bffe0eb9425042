"""Layers for images and feature maps: mean colour subtracted, size changed."""

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops


def shrunk(size: Sequence[int]) -> tuple[int, ...]:
    """Half the size by Caffe's interp layer, int((n - 1) / 2 + 1)."""
    return tuple((n - 1) // 2 + 1 for n in size)


def zoomed(size: Sequence[int]) -> tuple[int, ...]:
    """Twice the size by Caffe's interp layer, 2 n - 1."""
    return tuple(2 * n - 1 for n in size)


@keras.saving.register_keras_serializable(package="lstm_icnet")
class ResizeBilinear(keras.layers.Layer):
    """Bilinear resize of `(batch, height, width, channels)` to a static size.

    With aligned corners, pixel `i` of `m` reads position `i (n - 1) / (m - 1)` of the
    `n` input pixels; without, position `i n / m` (the rule of TensorFlow 1, whose
    pixels are points, not areas). Both clamp at the border.

    `keras.ops.image.resize` follows neither rule. On TensorFlow, its own operation is
    used, which exports well and is the fastest there on a CPU, forward and backward. On
    other backends, two neighbours are gathered and mixed, one axis after the other.

    Args:
        size: Pair of positive ints, the output's (height, width).
        align_corners: Bool, which of the two rules applies.
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


@keras.saving.register_keras_serializable(package="lstm_icnet")
class MeanSubtraction(keras.layers.Layer):
    """RGB in [0, 255] to BGR minus the mean colour, as the published weights expect.

    No division follows. Shapes are kept; the channel axis is the last.

    Args:
        mean_rgb: Three floats, the mean colour of the training images, RGB, 0 to 255.
    """

    def __init__(self, mean_rgb, **kwargs):
        super().__init__(**kwargs)
        self.mean_rgb = tuple(float(value) for value in mean_rgb)
        if len(self.mean_rgb) != 3:
            raise ValueError(
                f"`mean_rgb` must hold three numbers. Received: mean_rgb={mean_rgb}"
            )

    def call(self, inputs):
        mean_bgr = ops.convert_to_tensor(self.mean_rgb[::-1], inputs.dtype)
        return ops.flip(inputs, axis=-1) - mean_bgr

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "mean_rgb": self.mean_rgb}
