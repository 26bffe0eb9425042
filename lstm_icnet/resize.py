"""Bilinear resizing by the two rules of the authors' network."""

import keras
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

    `keras.ops.image.resize` has neither rule. `scale_and_translate` has both and runs
    anywhere, but TensorFlow's own kernel is two to seven times faster on a CPU, forward
    and backward, so that backend takes it.

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
        return self._scale_and_translate(inputs)

    def _kernel(self, inputs):
        import tensorflow as tf

        resized = tf.raw_ops.ResizeBilinear(
            images=inputs, size=self.size, align_corners=self.align_corners
        )
        return ops.cast(resized, inputs.dtype)  # the kernel always returns float32

    def _scale_and_translate(self, inputs):
        if self.align_corners:
            pairs = zip(inputs.shape[1:3], self.size, strict=True)
            scale = [(m - 1) / max(n - 1, 1) for n, m in pairs]
        else:
            pairs = zip(inputs.shape[1:3], self.size, strict=True)
            scale = [m / n for n, m in pairs]
        return ops.image.scale_and_translate(
            inputs,
            (ops.shape(inputs)[0], *self.size, inputs.shape[-1]),
            scale=ops.convert_to_tensor(scale, "float32"),
            translation=ops.convert_to_tensor([0.5 - 0.5 * s for s in scale]),
            spatial_dims=(1, 2),
            method="linear",
            antialias=False,
        )

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *self.size, input_shape[-1])

    def get_config(self):
        return {
            **super().get_config(),
            "size": self.size,
            "align_corners": self.align_corners,
        }
