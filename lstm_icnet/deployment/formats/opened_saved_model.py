"""SavedModels opened for inference, after checks that they are what is expected."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from lstm_icnet.deployment.formats.opened_step import (
    DescribedNetwork,
    FrameMemory,
    output_grid,
    runs_at_once,
)
from lstm_icnet.weights.checksums import sha256_of_weights
from lstm_icnet.weights.finite_weights import refuse_nonfinite
from lstm_icnet.weights.foreign_files import check_regular_file, first_line

# Operations by which a graph reads or writes files, or runs Python.
_REACHING_OUTSIDE = {
    "EagerPyFunc",
    "MatchingFiles",
    "PyFunc",
    "PyFuncStateless",
    "ReadFile",
    "WholeFileReader",
    "WholeFileReaderV2",
    "WriteFile",
}


class SavedModelNetwork(DescribedNetwork):
    """The SavedModel of an export; see `open_network.OpenedNetwork`.

    Exports of older versions give label maps and no logits, and take images of one size
    only; an image of another size can crash TensorFlow, so `step` and `clip` check it.

    Args:
        saved_model: The folder `saved_model` of an export.
        metadata: What `metadata.json` says, a `Metadata`.
        allow_nonfinite: Whether weights may be NaN or infinite.

    Raises:
        ValueError: If the SavedModel cannot be read, is not the network that the
            metadata describe, or has weights that are not finite.
    """

    def __init__(self, saved_model: Path, metadata: Any, allow_nonfinite: bool = False):
        super().__init__(metadata, metadata.align_states)
        self._memory = FrameMemory()
        self._loaded = _load(saved_model)
        try:
            signatures = self._loaded.signatures
            self._step, self._clip = signatures["step"], signatures["clip"]
            self._initial_state = (
                signatures["initial_state"] if metadata.states else None
            )
            _check_signatures(signatures, metadata)
            _check_weights(self._loaded, metadata)
        except (KeyError, AttributeError, TypeError, ValueError) as error:
            raise ValueError(
                f"{saved_model} is not the network that "
                f"{saved_model.with_name('metadata.json')} describes: "
                f"{first_line(error)}; export the network again"
            ) from error
        if not allow_nonfinite:
            refuse_nonfinite(
                str(saved_model),
                ((v.name, v.numpy()) for v in self._step.variables),
            )
        self.gives_logits = "logits" in self._step.structured_outputs
        if self.gives_logits:
            self._step, self._clip = _functions_without_labels(self._loaded, signatures)
        self._output = "logits" if self.gives_logits else "labels"
        if runs_at_once(self.image_size):
            self.steps = self._functions_at_once(metadata)

    def initial_state(self) -> dict:
        """The states before the first frame, by name."""
        if self._initial_state is None:
            return {}
        return self._initial_state(batch_size=_constant(1))

    def step(self, images: np.ndarray, states: dict) -> tuple[np.ndarray, dict]:
        """Outputs for uint8 images of the network's size, and the new states."""
        self._check_size(images)
        outputs = self._step(image=self._memory.tensor_of(images), **states)
        return self._checked(outputs), {name: outputs[name] for name in states}

    def _functions_at_once(self, metadata):
        if not metadata.states:
            return {False: lambda inputs: self.step(inputs["image"], {})}
        steps = getattr(self._loaded, "steps_logits", None)
        return {metadata.align_states: partial(self._run, steps)} if steps else {}

    def _run(self, function, inputs):
        self._check_size(inputs["image"])
        image = self._memory.tensor_of(inputs["image"])
        others = {n: _constant(value) for n, value in inputs.items() if n != "image"}
        outputs = function({"image": image, **others})
        logits = self._checked(outputs)
        return logits, {name: outputs[name] for name in outputs if name != "logits"}

    def clip(self, clips: np.ndarray) -> np.ndarray:
        """Outputs for the last frame of each clip."""
        self._check_size(clips)
        return self._checked(self._clip(images=_constant(clips)))

    def _check_size(self, images):
        if images.shape[-3:] != (*self.image_size, 3) or images.dtype != np.uint8:
            raise ValueError(
                f"Images must be uint8 RGB of {self.image_size} (height, width). "
                f"Received: shape={images.shape}, dtype={images.dtype}"
            )

    def _checked(self, outputs):
        """The map in `outputs`, if it has the shape that the metadata promise."""
        found = outputs[self._output].numpy()
        size = output_grid(self.image_size), self.image_size
        expected = (*size[0], self.num_classes) if self.gives_logits else size[1]
        if found.shape[1:] != expected:
            raise ValueError(
                f"The network gave {self._output} of shape {found.shape[1:]} instead "
                f"of {expected}"
            )
        return found


def _load(folder):
    import tensorflow as tf

    graph = folder / "saved_model.pb"
    check_regular_file(graph, "the graph of a SavedModel")
    if not graph.stat().st_size:
        raise ValueError(f"{graph} is empty; it should hold the graph of a SavedModel")
    # TensorFlow would wait for ever for someone to write to a named pipe.
    for file in sorted((folder / "variables").glob("*")):
        check_regular_file(file, "the variables of a SavedModel")
    try:
        _refuse_outside_reach(graph)
        return tf.saved_model.load(str(folder))
    except Exception as error:  # a broken SavedModel can raise anything at all
        raise ValueError(
            f"{folder} cannot be read as a SavedModel: {first_line(error)}"
        ) from error


def _refuse_outside_reach(file):
    from tensorflow.core.protobuf import saved_model_pb2

    proto = saved_model_pb2.SavedModel()
    proto.ParseFromString(file.read_bytes())
    for graph in (meta_graph.graph_def for meta_graph in proto.meta_graphs):
        functions = [function.node_def for function in graph.library.function]
        for nodes in (graph.node, *functions):
            found = _REACHING_OUTSIDE.intersection(node.op for node in nodes)
            if found:
                raise ValueError(
                    f"its graph would read or write files, or run code, by "
                    f"{min(found)}; no network of this project does"
                )


def _check_signatures(signatures: Mapping, metadata: Any) -> None:
    """Raises ValueError if shapes in the metadata and in the signatures differ."""
    states = {name: (None, *shape) for name, shape in metadata.states.items()}
    step_inputs, step_outputs = _shapes_of(signatures["step"])
    image = step_inputs.pop("image")
    _check_equal("states that `step` takes", step_inputs, states)
    _check_equal(
        "states that `step` gives",
        {name: shape for name, shape in step_outputs.items() if name in states},
        states,
    )
    if states:
        _, zeros = _shapes_of(signatures["initial_state"])
        _check_equal("initial states", zeros, states)
    clip_inputs, clip_outputs = _shapes_of(signatures["clip"])
    num_frames = metadata.num_frames if states else None
    if "logits" in step_outputs:
        grid = (None, *output_grid(metadata.image_size), metadata.num_classes)
        _check_equal("logits of `step`", step_outputs["logits"], grid)
        _check_equal("logits of `clip`", clip_outputs["logits"], grid)
        size = (None, None)
    else:
        size = metadata.image_size
        _check_equal("labels of `step`", step_outputs["labels"], (None, *size))
        _check_equal("labels of `clip`", clip_outputs["labels"], (None, *size))
    _check_equal("image of `step`", image, (None, *size, 3))
    _check_equal(
        "images of `clip`", clip_inputs["images"], (None, num_frames, *size, 3)
    )


def _check_weights(loaded, metadata):
    """Raises ValueError if the weights are not those of the metadata's checksum."""
    expected = metadata.weights_sha256  # None in exports of older versions
    if expected is None:
        return
    found = sha256_of_weights(variable.numpy() for variable in loaded.weights)
    if found != expected:
        raise ValueError("the SHA-256 checksum of its weights is another one")


def _shapes_of(signature):
    """Shapes of a signature's inputs and outputs by name."""
    return tuple(
        {name: tuple(spec.shape) for name, spec in specs.items()}
        for specs in (
            signature.structured_input_signature[1],
            signature.structured_outputs,
        )
    )


def _check_equal(what, found, expected):
    if found != expected:
        raise ValueError(f"the {what} are {found} instead of {expected}")


def _functions_without_labels(loaded, signatures):
    """`step` and `clip` that draw no label map, where the SavedModel has them."""
    step = getattr(loaded, "step_logits", None)
    clip = getattr(loaded, "clip_logits", None)
    if not callable(step) or not callable(clip):
        return signatures["step"], signatures["clip"]
    return lambda **inputs: step(inputs), lambda images: clip(images)


def _constant(value):
    import tensorflow as tf

    return tf.constant(value)
