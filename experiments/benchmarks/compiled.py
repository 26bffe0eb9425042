"""Compiled functions and gradients on the backend that Keras runs on."""

import os
from collections.abc import Callable

import keras
import numpy as np
from keras import ops


def compiled(function, *arguments):
    """Compiles `function`; returns one without arguments that applies it to these.

    TensorFlow: a graph without XLA. JAX: `jax.jit`, which always is XLA. The function
    returns when the result has been computed.
    """
    if keras.backend.backend() == "jax":
        import jax

        jitted = jax.jit(function)
        return lambda: jax.block_until_ready(jitted(*arguments))
    import tensorflow as tf

    graph = tf.function(function, jit_compile=False, autograph=False)
    concrete = graph.get_concrete_function(*arguments)
    # `graph` keeps the variables that the function uses.
    return lambda graph=graph: concrete(*arguments)


def device():
    """The backend's device: `cpu` or `gpu`, and its name."""
    if keras.backend.backend() == "jax":
        import jax

        found = jax.devices()[0]
        return found.platform, f"{found.device_kind} (JAX)"
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return "cpu", f"{os.cpu_count()} CPU cores (TensorFlow)"
    details = tf.config.experimental.get_device_details(gpus[0])
    return "gpu", f"{details.get('device_name', gpus[0].name)} (TensorFlow)"


def with_gradient(function, cotangent, number):
    """A function that returns the result of `function` and its gradients.

    Args:
        function: Of tensors, or nests of them; returns one tensor.
        cotangent: Gradient of the loss in the result, a tensor of its shape.
        number: Gradients are computed for the first `number` arguments.

    Returns:
        A function of the same arguments that returns the result and a tuple of
        gradients.

    Raises:
        ValueError: If the backend is neither TensorFlow nor JAX.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        def jax_gradient(*arguments):
            def of_the_first(*first):
                return function(*first, *arguments[number:])

            result, pull_back = jax.vjp(of_the_first, *arguments[:number])
            return result, pull_back(cotangent)

        return jax_gradient
    if backend != "tensorflow":
        raise ValueError(
            f"Gradients are timed on TensorFlow and JAX. Received: backend={backend}"
        )
    import tensorflow as tf

    def tensorflow_gradient(*arguments):
        first = arguments[:number]
        with tf.GradientTape() as tape:
            tape.watch(first)
            result = function(*arguments)
        return result, tape.gradient(result, first, output_gradients=cotangent)

    return tensorflow_gradient


_SIDE = 2048
FLOPS = 2 * _SIDE**3


def matrix_product(dtype="float32") -> Callable:
    """A function without arguments: a product of random matrices, of `FLOPS` FLOPs."""
    rng = np.random.default_rng(0)
    a, b = (
        ops.convert_to_tensor(rng.standard_normal((_SIDE, _SIDE)), dtype)
        for _ in range(2)
    )
    return compiled(ops.matmul, a, b)
