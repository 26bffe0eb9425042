"""Reduces the flicker of any network without training; needs NumPy and OpenCV only.

    smoother = smoothing.FlowSmoother(strength=0.75)
    for image in video:                     # uint8 RGB (height, width, 3)
        scores = network(image)             # (grid height, grid width, classes)
        labels = smoother(scores, image).argmax(axis=-1)

`FlowSmoother` averages every frame with the past, which it warps along the optical
flow; `LabelSmoother` does the same to label maps. The others are simple rules for
comparison. Each object holds the past of one video; call `reset` before the next video.
"""

from lstm_icnet.smoothing.flow_smoother import FlowSmoother
from lstm_icnet.smoothing.frame_motion import FrameMotion, GridMotion
from lstm_icnet.smoothing.label_smoother import LabelSmoother
from lstm_icnet.smoothing.score_smoother import ScoreSmoother
from lstm_icnet.smoothing.simple_smoothers import (
    HoldSmoother,
    MeanSmoother,
    MedianSmoother,
    VoteSmoother,
)
from lstm_icnet.smoothing.smoothers_by_name import SMOOTHINGS, make_smoother

__all__ = [
    "SMOOTHINGS",
    "FlowSmoother",
    "FrameMotion",
    "GridMotion",
    "HoldSmoother",
    "LabelSmoother",
    "MeanSmoother",
    "MedianSmoother",
    "ScoreSmoother",
    "VoteSmoother",
    "make_smoother",
]
