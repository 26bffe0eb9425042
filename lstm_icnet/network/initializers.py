"""The initial weights of the cells of LSTM-ICNet."""

import math

import keras


@keras.saving.register_keras_serializable(package="lstm_icnet")
class PackedGlorotUniform(keras.initializers.Initializer):
    """Glorot uniform with the fans of the authors' packed kernel.

    The authors keep the input's and the state's kernel in one variable, joined on the
    channel axis, and TensorFlow 1 takes the fans from that variable's shape: for a
    kernel `(height, width, channels, columns)` and its equal half of the state,

        limit = sqrt(6 / (height width (2 channels + columns)))

    so the weights of depthwise kernels, which have four columns, start very small.
    Every call draws new numbers. Keras' seeded initialisers draw the same ones each
    time, so the two kernels of a spatial cell, which have equally many weights, would
    be copies of each other.

    Args:
        seed: Int or `None`.

    Call arguments:
        shape: `(height, width, channels, columns)` of one half.
    """

    def __init__(self, seed=None):
        self.seed = seed
        self._generator = keras.random.SeedGenerator(seed)

    def __call__(self, shape, dtype=None):
        height, width, channels, columns = shape
        limit = math.sqrt(6.0 / (height * width * (2 * channels + columns)))
        return keras.random.uniform(
            shape, -limit, limit, dtype=dtype, seed=self._generator
        )

    def get_config(self):
        return {"seed": self.seed}
