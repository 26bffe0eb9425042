import importlib.util
import os
import subprocess
import sys

import pytest

from lstm_icnet.imports import own_layers

_SCRIPT = """
import sys

sys.modules["tensorflow"] = None  # importing it raises ImportError
import numpy as np

import experiments.benchmarks.streams.frame_benchmark
import experiments.evidence
from lstm_icnet import VideoSegmenter
from lstm_icnet.network.icnet_model import ICNet

model = ICNet(2, "separable", image_size=(97, 97), num_frames=4)
frames = np.zeros((5, 97, 97, 3), np.uint8)
segmenter = VideoSegmenter(model, smoothing="flow", align_states=True)
print(sum(labels.shape == (97, 97) for labels in segmenter.segment_video(frames)))
"""


def test_streams_and_evidence_need_jax_alone(tmp_path):
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed")
    root = os.path.dirname(os.path.dirname(os.path.dirname(own_layers.__file__)))
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "PYTHONPATH": root,
    }
    run = subprocess.run(
        [sys.executable, "-c", _SCRIPT],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == ["5"]
