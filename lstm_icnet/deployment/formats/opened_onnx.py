"""ONNX files run by ONNX Runtime or by OpenVINO."""

import threading
from pathlib import Path
from typing import Any

from lstm_icnet.deployment.formats.onnx_file import SUFFIX
from lstm_icnet.deployment.formats.opened_step import StepNetwork, refuse_several


class OnnxRuntimeNetwork(StepNetwork):
    """An ONNX file under ONNX Runtime on the CPU; arguments as `StepNetwork`.

    Raises:
        ModuleNotFoundError: Without `onnxruntime` (`pip install -e '.[onnx]'`).
        ValueError: If the file is not the network that the metadata describe.
    """

    def __init__(self, file: Path, metadata: Any, allow_nonfinite: bool = False):
        super().__init__(file, metadata, allow_nonfinite)
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                file, options, providers=["CPUExecutionProvider"]
            )
            outputs = {o.name: o.shape for o in self._session.get_outputs()}
            self._outputs = _names_of_outputs(metadata.states)
            self._check(
                {i.name: i.shape for i in self._session.get_inputs()},
                {name: outputs[as_named] for as_named, name in self._outputs.items()},
            )
        except Exception as error:  # a broken file can raise anything
            raise self._unreadable(error) from error
        self._options = onnxruntime.RunOptions()
        # Nothing that only the label map needs.
        self._options.only_execute_path_to_fetches = True

    def _run(self, inputs):
        found = self._session.run(list(self._outputs), inputs, self._options)
        return dict(zip(self._outputs.values(), found, strict=True))


class OpenVinoNetwork(StepNetwork):
    """An ONNX file under OpenVINO on the CPU; arguments as `StepNetwork`.

    It computes in bfloat16 where the processor has it, which is faster than float32 and
    less exact.

    Raises:
        ModuleNotFoundError: Without OpenVINO (`pip install -e '.[openvino]'`).
        ValueError: If the file is not the network that the metadata describe.
    """

    _precision: str | None = None

    def __init__(self, file: Path, metadata: Any, allow_nonfinite: bool = False):
        super().__init__(file, metadata, allow_nonfinite)
        import openvino

        self._outputs = _names_of_outputs(metadata.states)
        self._lock = threading.Lock()
        try:
            model = openvino.Core().read_model(file)
            model = openvino.Model(
                [model.output(name) for name in self._outputs], model.get_parameters()
            )
            model.reshape(
                {
                    port.any_name: [1, *(side.get_length() for side in shape)]
                    for port in model.inputs
                    for _, *shape in [port.get_partial_shape()]
                }
            )
            self._check(
                {port.any_name: tuple(port.shape) for port in model.inputs},
                {
                    name: tuple(model.output(as_named).shape)
                    for as_named, name in self._outputs.items()
                },
            )
            config = {"PERFORMANCE_HINT": "LATENCY"}
            if self._precision is not None:
                config["INFERENCE_PRECISION_HINT"] = self._precision
            compiled = openvino.Core().compile_model(model, "CPU", config)
            self._request = compiled.create_infer_request()
        except Exception as error:  # a broken file can raise anything
            raise self._unreadable(error) from error

    def _run(self, inputs):
        refuse_several(inputs["image"], "OpenVINO")
        with self._lock:
            found = self._request.infer(inputs, share_inputs=True)
            return {name: found[as_named] for as_named, name in self._outputs.items()}


class OpenVinoFloat32Network(OpenVinoNetwork):
    """The same, computed in float32."""

    _precision = "f32"


def _names_of_outputs(states):
    """The names of the outputs that a stream needs, as in the file and as ours."""
    return {"logits": "logits", **{f"{name}{SUFFIX}": name for name in states}}
