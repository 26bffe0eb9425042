import numpy as np
import pytest
from random_icnet import random_images, random_network
from random_layers import scaled_error

from lstm_icnet.deployment.folding import fold_batch_norm
from lstm_icnet.deployment.formats.onnx_file import write_onnx

onnxruntime = pytest.importorskip("onnxruntime", reason="needs the extra `onnx`")
pytest.importorskip("tf2onnx", reason="needs the extra `onnx`")


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
