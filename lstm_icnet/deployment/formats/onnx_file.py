"""Networks as ONNX files."""

from pathlib import Path

import keras

from lstm_icnet.network.icnet_model import ICNet

OPSET = 18
SUFFIX = "_out"  # of the states that a step gives


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
    import numpy as np

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
