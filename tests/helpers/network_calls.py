"""Readers of networks as if they were a verb: see `verb_process`."""

import keras  # noqa: F401 - once, and not in every fork
import numpy as np
import tensorflow as tf  # noqa: F401
from absl import flags

from lstm_icnet.deployment.video_segmenter import VideoSegmenter
from lstm_icnet.weights.initial_weights import read_weights
from lstm_icnet.weights.keras_file import load_icnet

_CALL = flags.DEFINE_string("call", None, "One of `CALLS`.")
_PATH = flags.DEFINE_string("path", None, "What it reads.")


def _segment(path):
    segmenter = VideoSegmenter(path)
    frames = np.random.default_rng(0).integers(0, 255, (2, 97, 97, 3)).astype(np.uint8)
    return [segmenter.segment_frame(frame).tolist() for frame in frames]


CALLS = {
    "network": lambda path: load_icnet(path).count_params(),
    "segment": _segment,
    "weights": lambda path: len(read_weights(path).layers),
}


def main():
    print(CALLS[_CALL.value](_PATH.value))
