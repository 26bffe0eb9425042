"""Networks of Keras, compiled for inference."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from lstm_icnet.deployment.formats.clip_graph import clip_graph
from lstm_icnet.deployment.formats.opened_step import (
    FRAMES_AT_ONCE,
    DescribedNetwork,
    FrameMemory,
    output_grid,
    runs_at_once,
)
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.network.image_layers import ResizeBilinear


class KerasNetwork(DescribedNetwork):
    """An `ICNet` on Keras' backend; see `open_network.OpenedNetwork`.

    Its graphs are compiled when they are first used. The states are tensors of the
    backend, which stay on its device from frame to frame; on a GPU, labels are drawn
    and states moved there as well. Where the weights of the model are changed, later
    calls use the new ones.

    Args:
        model: The network.
        align_states: Whether it was trained with states moved along the optical flow.

    Attributes:
        model: The network.
    """

    gives_logits = True

    def __init__(self, model: ICNet, align_states: bool = False):
        super().__init__(model, align_states)
        self.model = model
        self._compiled: dict[tuple, Callable] = {}
        self._lock = threading.Lock()
        self.on_gpu = _is_on_gpu()
        backend = keras.backend.backend()
        if backend in ("tensorflow", "jax") and runs_at_once(self.image_size):
            self.steps[False] = partial(self._run, _build_steps)
            if model.taps:
                self.steps[True] = partial(self._run, _build_aligned_steps)

    def initial_state(self) -> dict:
        """The states before the first frame, by name."""
        shapes = self.model.state_shapes()
        return {name: ops.zeros((1, *shape)) for name, shape in shapes.items()}

    def step(self, images: np.ndarray, states: dict) -> tuple[np.ndarray, dict]:
        """Logits for uint8 images of the network's size, and the new states."""
        return self._run(ICNet.build_step, {"image": images, **states})

    def _run(self, build, inputs):
        outputs = dict(self._graph(build)(inputs))
        logits = outputs.pop("main")
        return logits if self.on_gpu else _as_array(logits), outputs

    def draw(self, logits: Any, size: tuple[int, int]) -> np.ndarray:
        """Label maps of a size from the logits of `step`, drawn on the device."""
        return np.asarray(self._graph(_label_graph, size)(logits))

    def move(self, states: dict, flow: dict) -> dict:
        """States warped along the flow, by `flow_<tap>`, on the device."""
        return self._graph(ICNet.build_move)({**states, **flow})

    def clip(self, clips: np.ndarray) -> np.ndarray:
        """Logits for the last frame of each clip."""
        images = clips if self.model.taps else clips[:, -1]
        return _as_array(self._graph(clip_graph)(images))

    def _graph(self, build, *arguments):
        key = build, *arguments
        with self._lock:  # several threads may come first
            if key not in self._compiled:
                self._compiled[key] = _compiled(build(self.model, *arguments))
            return self._compiled[key]


def _is_on_gpu():
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return jax.default_backend() != "cpu"
    if backend != "tensorflow":
        return False
    import tensorflow as tf

    return bool(tf.config.list_logical_devices("GPU"))


def _label_graph(model, size):
    logits = keras.Input((*output_grid(model.image_size), model.num_classes))
    enlarged = ResizeBilinear(size, dtype="float32")(logits)
    return keras.Model(logits, ops.cast(ops.argmax(enlarged, axis=-1), "uint8"))


def _build_steps(model):
    return model.build_steps(FRAMES_AT_ONCE)


def _build_aligned_steps(model):
    return model.build_steps(FRAMES_AT_ONCE, along_flow=True)


def _compiled(model: keras.Model) -> Callable[[Any], Any]:
    """A functional model as a compiled function of its inputs, arrays or tensors."""
    backend = keras.backend.backend()
    if backend == "jax":
        return _compiled_by_jax(model)
    if backend != "tensorflow":
        return model.predict_on_batch
    return _compiled_by_tensorflow(model)


def _compiled_by_tensorflow(model):
    """Calls concrete functions of single tensors, which is half a millisecond faster.

    `tf.function` looks through nested arguments at every call.
    """
    import tensorflow as tf

    names = list(model.input) if isinstance(model.input, dict) else None

    @tf.function(autograph=False)
    def graph(*tensors):
        inputs = dict(zip(names, tensors, strict=True)) if names else tensors[0]
        return model(inputs, training=False)

    traced: dict = {}
    memory = FrameMemory()

    def as_tensor(value):
        if isinstance(value, np.ndarray) and value.dtype == np.uint8:
            return memory.tensor_of(value)
        return tf.convert_to_tensor(value)

    def call(inputs):
        values = [inputs[name] for name in names] if names else [inputs]
        tensors = [as_tensor(value) for value in values]
        shapes = tuple((tensor.dtype, tuple(tensor.shape)) for tensor in tensors)
        if shapes not in traced:
            traced[shapes] = graph.get_concrete_function(*tensors)
        return traced[shapes](*tensors)

    return call


def _compiled_by_jax(model):
    import jax

    variables = model.trainable_variables, model.non_trainable_variables

    @jax.jit
    def call(trainable, non_trainable, inputs):
        outputs, _ = model.stateless_call(
            trainable, non_trainable, inputs, training=False
        )
        return outputs

    return lambda inputs: call(
        *([variable.value for variable in some] for some in variables), inputs
    )


def _as_array(logits):
    """Logits as a float32 array, whatever the precision of the network.

    Where the backend's tensor is in the main memory, the array is a view of it, which
    cannot be written to: Keras' own conversion copies.
    """
    if keras.backend.backend() == "torch":  # which has no view from another device
        logits = ops.convert_to_numpy(logits)
    return np.asarray(logits).astype("float32", copy=False)
