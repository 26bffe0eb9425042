"""ICNet and LSTM-ICNet v1 to v6: networks, loss, metrics, weights and deployment.

Names and rooms are imported when they are first used, so that the NumPy metrics in
`lstm_icnet.flicker` start without Keras or TensorFlow. Saved networks, layers, losses
and metrics of this project are found by `keras.saving.load_model` after
`import lstm_icnet` alone.
"""

import importlib
from typing import TYPE_CHECKING, Any

from lstm_icnet.imports.saved_classes import register_with_keras

if TYPE_CHECKING:
    from lstm_icnet.deployment.folding import fold_batch_norm as fold_batch_norm
    from lstm_icnet.deployment.formats.onnx_file import write_onnx as write_onnx
    from lstm_icnet.deployment.video_segmenter import VideoSegmenter as VideoSegmenter
    from lstm_icnet.network.freezing import freeze_batch_norm as freeze_batch_norm
    from lstm_icnet.network.freezing import freeze_branches as freeze_branches
    from lstm_icnet.network.icnet_model import ICNet as ICNet
    from lstm_icnet.network.icnet_model import build_icnet as build_icnet
    from lstm_icnet.network.icnet_model import build_lstm_icnet as build_lstm_icnet
    from lstm_icnet.network.loss import (
        SegmentationCrossEntropy as SegmentationCrossEntropy,
    )
    from lstm_icnet.network.step_flops import step_flops as step_flops
    from lstm_icnet.network.versions import CELLS as CELLS
    from lstm_icnet.network.versions import VERSIONS as VERSIONS
    from lstm_icnet.weights.initial_weights import copy_weights as copy_weights
    from lstm_icnet.weights.initial_weights import read_weights as read_weights

__version__ = "0.1.0"
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
_ROOMS = ("deployment", "flicker", "metrics", "network", "smoothing", "weights")

register_with_keras()


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_ROOMS, "__version__"])
