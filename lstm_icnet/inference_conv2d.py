"""A convolution for inference alone."""

import keras


@keras.saving.register_keras_serializable(package="lstm_icnet")
class InferenceConv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` whose dilation needs no detour on TensorFlow.

    Keras takes a dilated convolution through space-to-batch there, two copies that also
    keep bias and ReLU from being fused. TensorFlow's own dilated convolution has no
    gradient in every build for CPUs, so this one is not for training.
    """

    def convolution_op(self, inputs, kernel):
        if keras.backend.backend() != "tensorflow":
            return super().convolution_op(inputs, kernel)
        import tensorflow as tf

        return tf.nn.conv2d(
            inputs,
            kernel,
            self.strides,
            self.padding.upper(),
            dilations=self.dilation_rate,
        )
