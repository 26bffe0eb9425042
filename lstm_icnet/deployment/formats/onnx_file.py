"""Networks as ONNX files."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np

from lstm_icnet.network.icnet_model import ICNet

OPSET = 18
SUFFIX = "_out"  # of the states that a step gives
_IN_INT8 = ["Add", "AveragePool", "Conv", "MaxPool", "Relu", "Resize"]


def write_onnx(model: keras.Model, path: str | Path) -> None:
    """Writes a functional model as an ONNX file, weights inside, for a batch of one.

    ONNX forbids an output with the name of an input: such outputs, the states, get the
    suffix `_out`.

    Args:
        model: Takes a dict of tensors and returns one, as `ICNet.build_step` makes it.
        path: The file; its folder is made.

    Raises:
        ModuleNotFoundError: Without `tf2onnx` (`pip install -e '.[onnx]'`).
    """
    import tensorflow as tf

    inputs = {
        name: tf.TensorSpec((1, *tensor.shape[1:]), tensor.dtype, name=name)
        for name, tensor in model.input.items()
    }
    _write(lambda tensors: model(tensors, training=False), inputs, Path(path))


def write_onnx_step(model: ICNet, path: Path, scores: bool = False) -> None:
    """Writes one step of a network as an ONNX file, for any batch size.

        image, states -> labels, logits, states

    `image` is uint8 RGB (batch, height, width, 3) of the network's size, `labels` uint8
    (batch, height, width), `logits` and states float32; the states that are given have
    the suffix `_out`.

    Args:
        model: The network.
        path: The file; its folder is made.
        scores: Whether there are `scores`, float32 class probabilities, as well.

    Raises:
        ModuleNotFoundError: Without `tf2onnx` (`pip install -e '.[onnx]'`).
    """
    from lstm_icnet.deployment.formats.step_functions import StepFunctions

    functions = StepFunctions(model, scores)
    _write(functions.labels, functions.specs(None), path)


def write_onnx_int8(
    file: Path, path: Path, samples: Sequence[Mapping[str, np.ndarray]]
) -> None:
    """Writes a file of `write_onnx_step` as another one that computes in int8.

    Inputs and outputs stay as they are. Convolutions and what lies between them are
    computed in int8, the gates of the cells and the label map in float32.

    Args:
        file: The file to read.
        path: The file to write, in a folder that exists.
        samples: What `calibration.calibration_inputs` gives, from which the ranges of
            the int8 values are taken.

    Raises:
        ModuleNotFoundError: Without `onnxruntime` (`pip install -e '.[onnx]'`).
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        prepared, quantised = Path(folder, "prepared"), Path(folder, "quantised")
        quant_pre_process(file, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            quantised,
            _Samples(samples),
            op_types_to_quantize=_IN_INT8,
            nodes_to_exclude=_nodes_after_logits(onnx.load(prepared).graph),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        quantised.replace(path)


class _Samples:
    """Gives ONNX Runtime one input after the other."""

    def __init__(self, samples):
        self._samples = iter(samples)

    def get_next(self):
        return next(self._samples, None)


def _nodes_after_logits(graph):
    """Names of the nodes that draw label maps."""
    (last,) = (node for node in graph.node if "logits" in node.output)
    known = {*last.input, *last.output}
    names = []
    for node in graph.node:  # each after those whose outputs it takes
        if node is not last and known.intersection(node.input):
            known.update(node.output)
            names.append(node.name)
    return names


def _write(function, inputs, path):
    import tensorflow as tf
    import tf2onnx

    @tf.function(autograph=False)
    def step(tensors):
        return {
            f"{name}{SUFFIX}" if name in inputs else name: value
            for name, value in function(tensors).items()
        }

    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.partial")
    proto, _ = tf2onnx.convert.from_function(
        step,
        input_signature=[inputs],
        opset=OPSET,
        custom_op_handlers={"ResizeBilinear": (_resize_to_size, [])},
    )
    try:
        temporary.write_bytes(proto.SerializeToString())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _resize_to_size(context, node, name, arguments):
    """Converts a resize to ONNX's Resize with the output size.

    tf2onnx gives it factors, which are rounded: the factor from 63 rows to 64 gives 63.
    """
    size = node.inputs[1].get_tensor_value()
    corners = node.get_attr_value("align_corners", False)
    channels_first = context.make_node(
        "Transpose", [node.input[0]], {"perm": [0, 3, 1, 2]}
    )
    sizes = context.make_const(f"{name}_sizes", np.array(size, "int64"))
    resized = context.make_node(
        "Resize",
        [channels_first.output[0], "", "", sizes.output[0]],
        {
            "axes": [2, 3],
            "mode": "linear",
            "coordinate_transformation_mode": "align_corners"
            if corners
            else "asymmetric",
        },
    )
    shapes, dtypes, outputs = node.output_shapes, node.output_dtypes, node.output
    context.remove_node(node.name)
    context.make_node(
        "Transpose",
        resized.output,
        {"perm": [0, 2, 3, 1]},
        name=node.name,
        outputs=outputs,
        shapes=shapes,
        dtypes=dtypes,
    )
