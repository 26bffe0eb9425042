"""The layers of one network by name, made once and shared by all its graphs."""

from collections.abc import Callable, Iterable
from typing import Any

import keras

# TensorFlow's gradient of a 1x1 convolution with stride 2 and fewer input channels
# writes outside its memory on CPUs (oneDNN). Leaving out the pixels first is the same.
_FEWEST_CHANNELS = 16


class NamedLayers:
    """The layers of one network, each made at its first use.

    Args:
        made: Layers that exist already, of an earlier graph.
        weight_decay: Float; convolution and cell kernels get the regulariser
            `0.5 weight_decay ||W||^2`, as in the authors' loss.
        width_multiplier: Float that multiplies every number of channels.
        folded: Bool, for inference: whether a convolution has a bias in place of the
            batch normalisation directly behind it.
    """

    def __init__(
        self,
        made: Iterable[keras.layers.Layer] = (),
        weight_decay: float = 0.0,
        width_multiplier: float = 1.0,
        folded: bool = False,
    ):
        self._layers = {layer.name: layer for layer in made}
        self._weight_decay = weight_decay
        self._width_multiplier = width_multiplier
        self._folded = folded

    def __getitem__(self, name: str) -> keras.layers.Layer:
        return self._layers[name]

    def get(
        self, make: Callable[..., keras.layers.Layer], name: str, **arguments: Any
    ) -> keras.layers.Layer:
        """The layer `name`; `make(name=name, **arguments)` if there is none yet."""
        if name not in self._layers:
            self._layers[name] = make(name=name, **arguments)
        return self._layers[name]

    def regularizer(self) -> keras.regularizers.Regularizer | None:
        """The L2 loss of a kernel, `None` without weight decay."""
        if not self._weight_decay:
            return None
        return keras.regularizers.L2(0.5 * self._weight_decay)

    def channels(self, filters: int) -> int:
        """`filters` times the width multiplier, rounded, at least 1."""
        return max(1, round(filters * self._width_multiplier))

    @staticmethod
    def full_precision() -> str | None:
        """The `dtype` of layers whose numbers half precision cannot hold, for Keras.

        Under a policy that computes in half precision these are, in float32: the layers
        from the image to the first normalisation, and the classifiers. Images are 0 to
        255, so the outputs of a trained first convolution reach beyond 65,504, where
        float16 ends; and bfloat16 has eight bits, as many as the image.
        """
        half = keras.config.dtype_policy().compute_dtype in ("float16", "bfloat16")
        return "float32" if half else None

    def conv(
        self,
        name: str,
        x: keras.KerasTensor,
        filters: int,
        kernel_size: int,
        use_bias: bool = False,
        **arguments: Any,
    ) -> keras.KerasTensor:
        """A convolution, padded to keep the size."""
        stride = arguments.get("strides", 1)
        if kernel_size == 1 and stride > 1 and x.shape[-1] < _FEWEST_CHANNELS:
            x = x[:, ::stride, ::stride]
            arguments["strides"] = 1
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

    def classifier(
        self, name: str, x: keras.KerasTensor, num_classes: int
    ) -> keras.KerasTensor:
        """Logits `(batch, height, width, num_classes)` by a convolution of size 1."""
        conv = self.get(
            keras.layers.Conv2D,
            name,
            filters=num_classes,
            kernel_size=1,
            dtype=self.full_precision(),
            kernel_regularizer=self.regularizer(),
        )
        return conv(x)

    def batch_norm(
        self, name: str, x: keras.KerasTensor, dtype: str | None = None
    ) -> keras.KerasTensor:
        """Batch normalisation with the authors' momentum and epsilon."""
        norm = self.get(
            keras.layers.BatchNormalization,
            name,
            momentum=0.95,
            epsilon=1e-5,
            dtype=dtype,
        )
        return norm(x)

    def conv_bn(
        self,
        name: str,
        x: keras.KerasTensor,
        filters: int,
        kernel_size: int,
        **arguments: Any,
    ) -> keras.KerasTensor:
        """`conv` and batch normalisation, or one convolution if `folded`."""
        if self._folded:
            return self.conv(name, x, filters, kernel_size, use_bias=True, **arguments)
        x = self.conv(name, x, filters, kernel_size, **arguments)
        return self.batch_norm(f"{name}_bn", x, arguments.get("dtype"))

    def conv_bn_relu(
        self,
        name: str,
        x: keras.KerasTensor,
        filters: int,
        kernel_size: int,
        **arguments: Any,
    ) -> keras.KerasTensor:
        """`conv_bn`, then ReLU."""
        return keras.ops.relu(self.conv_bn(name, x, filters, kernel_size, **arguments))


@keras.saving.register_keras_serializable(package="lstm_icnet")
class InferenceConv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` with TensorFlow's own dilated convolution.

    Keras computes a dilated convolution by space-to-batch on TensorFlow: two copies,
    which also prevent bias and ReLU from being fused. TensorFlow's own dilated
    convolution lacks a gradient in some builds for CPUs, so this layer is for inference
    only.
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
