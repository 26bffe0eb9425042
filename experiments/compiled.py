"""Compiled functions and gradients on the backend that Keras runs on."""

import keras


def compiled(function, *arguments):
    """`function` as a graph, applied to `arguments` by a call without any.

    TensorFlow: a graph without XLA. JAX: `jax.jit`, which always is XLA. The call
    returns when the work is done.
    """
    if keras.backend.backend() == "jax":
        import jax

        jitted = jax.jit(function)
        return lambda: jax.block_until_ready(jitted(*arguments))
    import tensorflow as tf

    graph = tf.function(function, jit_compile=False, autograph=False)
    return lambda: graph(*arguments)


def gradient_of(loss):
    """The gradients of `loss(*arguments)` in all of its arguments.

    Raises:
        ValueError: If the backend is neither TensorFlow nor JAX.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        def jax_gradient(*arguments):
            return jax.grad(loss, argnums=tuple(range(len(arguments))))(*arguments)

        return jax_gradient
    if backend != "tensorflow":
        raise ValueError(
            f"Gradients are timed on TensorFlow and JAX. Received: backend={backend}"
        )
    import tensorflow as tf

    def tensorflow_gradient(*arguments):
        with tf.GradientTape() as tape:
            tape.watch(arguments)
            value = loss(*arguments)
        return tape.gradient(value, arguments)

    return tensorflow_gradient
