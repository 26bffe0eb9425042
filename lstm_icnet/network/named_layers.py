"""The layers of one network by name: made when first drawn, found again after."""

import keras


class NamedLayers:
    """The layers that all drawings of one network share.

    Args:
        made: The layers of an earlier drawing.
        weight_decay: Float; convolution and cell kernels get the regulariser
            `0.5 weight_decay ||W||^2`, as the authors' loss has it.
        width_multiplier: Float, times which every number of channels is taken.
        folded: Bool, for inference: whether a convolution has a bias in place of the
            batch normalisation right behind it.
    """

    def __init__(self, made=(), weight_decay=0.0, width_multiplier=1.0, folded=False):
        self._layers = {layer.name: layer for layer in made}
        self._weight_decay = weight_decay
        self._width_multiplier = width_multiplier
        self._folded = folded

    def __getitem__(self, name):
        return self._layers[name]

    def get(self, make, name, **arguments):
        """The layer `name`; `make(name=name, **arguments)` if there is none yet."""
        if name not in self._layers:
            self._layers[name] = make(name=name, **arguments)
        return self._layers[name]

    def regularizer(self):
        if not self._weight_decay:
            return None
        return keras.regularizers.L2(0.5 * self._weight_decay)

    def channels(self, filters):
        """`filters` of the network of width 1, at this one's width."""
        return max(1, round(filters * self._width_multiplier))

    def conv(self, name, x, filters, kernel_size, use_bias=False, **arguments):
        """A convolution, padded to keep the size."""
        conv = self.get(
            InferenceConv2D if self._folded else keras.layers.Conv2D,
            name,
            filters=self.channels(filters),
            kernel_size=kernel_size,
            padding="same",
            use_bias=use_bias,
            kernel_regularizer=self.regularizer(),
            **arguments,
        )
        return conv(x)

    def classifier(self, name, x, num_classes):
        """One logit a class and pixel."""
        conv = self.get(
            keras.layers.Conv2D,
            name,
            filters=num_classes,
            kernel_size=1,
            kernel_regularizer=self.regularizer(),
        )
        return conv(x)

    def batch_norm(self, name, x):
        norm = self.get(
            keras.layers.BatchNormalization, name, momentum=0.95, epsilon=1e-5
        )
        return norm(x)

    def conv_bn(self, name, x, filters, kernel_size, **arguments):
        if self._folded:
            return self.conv(name, x, filters, kernel_size, use_bias=True, **arguments)
        x = self.conv(name, x, filters, kernel_size, **arguments)
        return self.batch_norm(f"{name}_bn", x)

    def conv_bn_relu(self, name, x, filters, kernel_size, **arguments):
        return keras.ops.relu(self.conv_bn(name, x, filters, kernel_size, **arguments))


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
