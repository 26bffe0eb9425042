import numpy as np
import pytest
from random_icnet import random_images, random_network
from random_layers import scaled_error

from lstm_icnet.deployment.folding import fold_batch_norm
from lstm_icnet.deployment.formats.calibration import calibration_inputs
from lstm_icnet.deployment.formats.onnx_file import (
    write_onnx,
    write_onnx_int8,
    write_onnx_step,
)

onnxruntime = pytest.importorskip("onnxruntime", reason="needs the extra `onnx`")
pytest.importorskip("tf2onnx", reason="needs the extra `onnx`")
onnx = pytest.importorskip("onnx", reason="needs the extra `onnx`")


@pytest.mark.parametrize("name", ["icnet", "v4 separable"])
def test_onnx_runtime_gives_the_logits_and_states_of_keras(name, tmp_path, rng):
    model = random_network(name)
    step = fold_batch_norm(model).build_step()
    inputs = {"image": random_images(model, rng).reshape(-1, *model.image_size, 3)[:1]}
    inputs |= {n: rng.standard_normal((1, *s)) for n, s in model.state_shapes().items()}
    inputs = {name: np.float32(value) for name, value in inputs.items()}
    path = tmp_path / "new" / "step.onnx"
    write_onnx(step, path)
    assert [file.name for file in path.parent.iterdir()] == ["step.onnx"]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    outputs = dict(
        zip(
            [output.name for output in session.get_outputs()],
            session.run(None, inputs),
            strict=True,
        )
    )
    expected = model.build_step()(inputs, training=False)
    assert outputs.keys() == {n if n == "main" else f"{n}_out" for n in expected}
    for name, value in expected.items():
        result = outputs[name if name == "main" else f"{name}_out"]
        assert scaled_error(result, value) < 1e-4


def test_int8_leaves_inputs_outputs_and_the_label_map_as_they_are(tmp_path, rng):
    model = fold_batch_norm(random_network("v4 separable"))
    clips = rng.integers(0, 256, (1, 2, *model.image_size, 3), dtype="uint8")
    samples = calibration_inputs(model, clips)
    write_onnx_step(model, tmp_path / "model.onnx", scores=True)
    write_onnx_int8(tmp_path / "model.onnx", tmp_path / "model_int8.onnx", samples)
    assert {file.name for file in tmp_path.iterdir()} == {
        "model.onnx",
        "model_int8.onnx",
    }
    before, after = (
        onnx.load(tmp_path / f"{name}.onnx").graph for name in ("model", "model_int8")
    )
    for ports in ("input", "output"):
        kinds = [
            {
                port.name: port.type.tensor_type.elem_type
                for port in getattr(graph, ports)
            }
            for graph in (before, after)
        ]
        assert kinds[0] == kinds[1]
    makers = {name: node for node in after.node for name in node.output}
    types = {tensor.name: tensor.data_type for tensor in after.initializer}
    kernels = [
        types[makers[node.input[1]].input[0]]
        for node in after.node
        if node.op_type == "Conv"
    ]
    assert len(kernels) > 60 and set(kernels) == {onnx.TensorProto.INT8}
    (argmax,) = (node for node in after.node if node.op_type == "ArgMax")
    resize = makers[argmax.input[0]]
    assert resize.op_type == "Resize"  # not what turns int8 into float32
