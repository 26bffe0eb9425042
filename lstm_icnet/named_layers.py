"""The layers of one network by name: made when first drawn, found again after."""

import keras


class NamedLayers:
    """The layers that all drawings of one network share.

    Args:
        made: The layers of an earlier drawing.
        weight_decay: Float; convolution and cell kernels get the regulariser
            `0.5 weight_decay ||W||^2`, as the authors' loss has it.
    """

    def __init__(self, made=(), weight_decay=0.0):
        self._layers = {layer.name: layer for layer in made}
        self._weight_decay = weight_decay

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

    def conv(self, name, x, filters, kernel_size, use_bias=False, **arguments):
        """A convolution, padded to keep the size; biased only in the heads."""
        conv = self.get(
            keras.layers.Conv2D,
            name,
            filters=filters,
            kernel_size=kernel_size,
            padding="same",
            use_bias=use_bias,
            kernel_regularizer=self.regularizer(),
            **arguments,
        )
        return conv(x)

    def batch_norm(self, name, x):
        norm = self.get(
            keras.layers.BatchNormalization, name, momentum=0.95, epsilon=1e-5
        )
        return norm(x)

    def conv_bn(self, name, x, filters, kernel_size, **arguments):
        x = self.conv(name, x, filters, kernel_size, **arguments)
        return self.batch_norm(f"{name}_bn", x)

    def conv_bn_relu(self, name, x, filters, kernel_size, **arguments):
        return keras.ops.relu(self.conv_bn(name, x, filters, kernel_size, **arguments))
