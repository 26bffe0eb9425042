"""Smoothing along the optical flow."""

import numpy as np

from lstm_icnet.smoothing.frame_motion import FrameMotion
from lstm_icnet.smoothing.score_smoother import ScoreSmoother, check_share, mix


class FlowSmoother(ScoreSmoother):
    """Mixes the scores of a frame with the past, moved along the optical flow.

        m(t) = s warp(m(t - 1)) + (1 - s) x(t)    where the motion is known
        m(t) = x(t)                               elsewhere, and in the first frame

    with the scores x, the smoothed scores m and the strength s. The motion is not known
    where a point was outside the previous frame or hidden in it, or where the flow is
    wrong.

    Args:
        strength: Weight of the past, at least 0 and below 1.
        max_difference: See `FrameMotion`.
    """

    def __init__(self, strength: float = 0.75, max_difference: float = 15.0):
        super().__init__()
        self.strength = check_share(strength)
        self._motion = FrameMotion(max_difference)
        self._memory: np.ndarray | None = None

    def reset(self) -> None:
        self._motion.reset()
        self._memory = None

    def _smooth(self, scores, image):
        motion = self._motion.update(image, scores.shape[:2])
        if motion is None or self._memory is None:
            self._memory = scores.copy()
            return self._memory
        self._memory = mix(motion.warp(self._memory), scores, self.strength)
        unknown = ~motion.known
        self._memory[unknown] = scores[unknown]
        return self._memory
