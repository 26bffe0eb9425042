"""ICNet, LSTM-ICNet v1 to v6, their loss, metrics, streaming and weights.

The names below are loaded when they are first used, so that the flicker metrics
(`lstm_icnet.flicker`, NumPy alone) come without Keras or TensorFlow.
"""

import importlib

_HOMES = {
    "CELLS": "network.versions",
    "VERSIONS": "network.versions",
    "ICNet": "network.icnet_model",
    "SegmentationCrossEntropy": "network.loss",
    "VideoSegmenter": "deployment.video_segmenter",
    "build_icnet": "network.icnet_model",
    "build_lstm_icnet": "network.icnet_model",
    "copy_weights": "weights.initial_weights",
    "fold_batch_norm": "deployment.folding",
    "freeze_batch_norm": "network.freezing",
    "freeze_branches": "network.freezing",
    "read_weights": "weights.initial_weights",
    "step_flops": "network.step_flops",
    "write_onnx": "deployment.formats.onnx_file",
}
__all__ = sorted(_HOMES)


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__():
    return __all__
