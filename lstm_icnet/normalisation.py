"""What the network does to an image before its first convolution."""

import keras
from keras import ops


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
