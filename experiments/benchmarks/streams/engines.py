"""The engines that can run a network of this project, and networks opened by them."""

import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiments.benchmarks.step_call import smooth_image
from lstm_icnet.deployment.export_folder import export
from lstm_icnet.deployment.folding import fold_batch_norm
from lstm_icnet.deployment.open_network import OpenedNetwork, open_network
from lstm_icnet.network.icnet_model import ICNet

KERAS = "Keras"
_CALIBRATION_FRAMES = 2  # of noise: enough to time int8, not to judge its labels


@dataclass(frozen=True)
class Engine:
    """One way to run an exported network.

    Attributes:
        format: One of `export_folder.FORMATS`.
        part: File or folder of the export that it opens.
        engine: One of `open_export.ENGINES`.
        needs: Packages without which it is left out.
    """

    format: str
    part: str
    engine: str
    needs: tuple[str, ...] = ()


_ONNX = ("tf2onnx", "onnx")
# The only list of engines: the suites streaming and endurance run all of them. With
# `None` Keras runs the network itself, with batch normalisation folded.
ENGINES = {
    KERAS: None,
    "SavedModel": Engine("saved_model", "saved_model", "tensorflow"),
    "TFLite": Engine("tflite", "model.tflite", "tflite"),
    "TFLite float16": Engine("tflite", "model_float16.tflite", "tflite"),
    "TFLite int8": Engine("tflite", "model_int8.tflite", "tflite"),
    "ONNX Runtime": Engine(
        "onnx", "model.onnx", "onnxruntime", (*_ONNX, "onnxruntime")
    ),
    "OpenVINO": Engine("onnx", "model.onnx", "openvino", (*_ONNX, "openvino")),
    "OpenVINO float32": Engine(
        "onnx", "model.onnx", "openvino_float32", (*_ONNX, "openvino")
    ),
    "OpenVINO int8": Engine(
        "onnx",
        "model_int8.onnx",
        "openvino_float32",
        (*_ONNX, "onnxruntime", "openvino"),
    ),
}


def open_by_engines(
    model: ICNet, folder: Path, names: Iterable[str] = tuple(ENGINES)
) -> dict[str, OpenedNetwork]:
    """Exports a network and opens the export by every engine.

    Args:
        model: The network.
        folder: Where to export it.
        names: Some of `ENGINES`.

    Returns:
        The opened networks by the name of the engine, without those engines that are
        not installed.
    """
    engines = {name: ENGINES[name] for name in names if _is_installed(ENGINES[name])}
    formats = sorted({engine.format for engine in engines.values() if engine})
    if formats:
        image = smooth_image(model.image_size)
        clip = np.stack([image] * _CALIBRATION_FRAMES)
        export(model, folder, formats=formats, calibration=[clip])
    return {
        name: open_network(folder / engine.part, engine=engine.engine)
        if engine
        else open_network(fold_batch_norm(model))
        for name, engine in engines.items()
    }


def _is_installed(engine):
    if engine is None:
        return True
    return all(importlib.util.find_spec(package) for package in engine.needs)
