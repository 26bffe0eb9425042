"""Smoothing along the optical flow."""

import cv2
import numpy as np

from lstm_icnet.smoothing.frame_motion import MAX_DIFFERENCE, FrameMotion
from lstm_icnet.smoothing.score_smoother import (
    ScoreSmoother,
    check_bonus,
    check_share,
    mix,
)

_LEAST = 1e-6  # for smaller probabilities, whose logarithm may be infinite


class FlowSmoother(ScoreSmoother):
    """Mixes the scores of a frame with the past, moved along the optical flow.

        y(t) = s warp(m(t - 1)) + (1 - s) x(t)    where the motion is known
        y(t) = x(t)                               elsewhere, and in the first frame
        m(t) = y(t) + h (1 - s) / s               for the class of the largest y(t)
        m(t) = y(t)                               for all others

    with the scores x, the smoothed scores y, the memory m, the strength s and the
    hysteresis h. The motion is not known where a point was outside the previous frame
    or hidden in it, or where the flow is wrong.

    The hysteresis keeps a point from changing back and forth between two classes with
    nearly equal scores: a class that it has had for n frames gets a bonus of
    h (1 - s^n) in the next one. The bonus moves with the point along the flow.

    Args:
        strength: s, the weight of the past, at least 0 and below 1; 0 for no smoothing.
        hysteresis: h, at least 0, in natural logarithms of the ratio of two
            probabilities, which is also the unit of logits.
        probabilities: Whether the scores are probabilities of the classes and not
            logits; their logarithms are smoothed, and the results are probabilities.
        max_difference: See `FrameMotion`.
    """

    def __init__(
        self,
        strength: float = 0.6,
        hysteresis: float = 1.0,
        probabilities: bool = False,
        max_difference: float = MAX_DIFFERENCE,
    ):
        super().__init__()
        self.strength = check_share(strength)
        self.hysteresis = check_bonus(hysteresis, "hysteresis")
        self.probabilities = probabilities
        self._motion = FrameMotion(max_difference)
        self._memory: np.ndarray | None = None

    def reset(self) -> None:
        self._motion.reset()
        self._memory = None

    def _smooth(self, scores, image):
        if self.probabilities:
            _check_probabilities(scores)
        logits = np.log(np.maximum(scores, _LEAST)) if self.probabilities else scores
        motion = self._motion.update(image, scores.shape[:2])
        if motion is None or self._memory is None:
            self._remember(logits)
            return scores
        smoothed = mix(motion.warp(self._memory), logits, self.strength)
        motion.replace_unknown(smoothed, logits)
        self._remember(smoothed)
        return _softmax(smoothed) if self.probabilities else smoothed

    def _remember(self, smoothed):
        self._memory = smoothed
        if not self.hysteresis or not self.strength:
            return
        bonus = self.hysteresis * (1 - self.strength) / self.strength
        flat = smoothed.reshape(-1, smoothed.shape[-1])
        # A row for each class: `max` over the last axis takes ten times as long.
        rows = cv2.transpose(flat)
        largest = cv2.transpose((rows == rows.max(axis=0)).view(np.uint8))
        memory = cv2.scaleAdd(largest.astype(np.float32), bonus, flat)
        self._memory = memory.reshape(smoothed.shape)


def _check_probabilities(scores):
    if scores.min() < 0 or np.abs(scores.sum(axis=-1) - 1).max() > 0.01:
        raise ValueError(
            f"`scores` must be probabilities: at least 0, with a sum of 1 over the "
            f"classes. Received: values from {scores.min():.4g} to {scores.max():.4g}"
        )


def _softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)
