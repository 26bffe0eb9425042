"""Networks as ONNX files."""

from pathlib import Path

import keras

OPSET = 18


def write_onnx(model: keras.Model, path: str | Path) -> None:
    """Writes a functional model as an ONNX file, weights inside, for a batch of one.

    ONNX forbids an output with the name of an input: such outputs, the states, get the
    suffix `_out`.

    Args:
        model: Takes a dict of tensors and returns one, as `ICNet.build_step` makes it.
        path: The file; its folder is made.

    Raises:
        ModuleNotFoundError: Without `tf2onnx` (`pip install 'lstm-icnet[onnx]'`).
    """
    import tensorflow as tf
    import tf2onnx

    inputs = {
        name: tf.TensorSpec((1, *tensor.shape[1:]), tensor.dtype, name=name)
        for name, tensor in model.input.items()
    }

    @tf.function(autograph=False)
    def step(tensors):
        outputs = model(tensors, training=False)
        return {
            f"{name}_out" if name in inputs else name: value
            for name, value in outputs.items()
        }

    path = Path(path)
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
    _, _, _, channels = context.get_shape(node.input[0])
    corners = node.get_attr_value("align_corners", False)
    channels_first = context.make_node(
        "Transpose", [node.input[0]], {"perm": [0, 3, 1, 2]}
    )
    sizes = context.make_const(f"{name}_sizes", np.array([1, channels, *size], "int64"))
    resized = context.make_node(
        "Resize",
        [channels_first.output[0], "", "", sizes.output[0]],
        {
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
