"""Smoothing of label maps without class scores."""

import numpy as np

from lstm_icnet.smoothing.frame_motion import MAX_DIFFERENCE, FrameMotion
from lstm_icnet.smoothing.score_smoother import check_share, mix

_LEAST = 1e-3  # a class whose memory is below this everywhere is forgotten


class LabelSmoother:
    """Smooths label maps as `FlowSmoother` smooths scores.

    The score is one for the class of a pixel and zero for the other classes. If
    smoothed scores are equal, the class of the current frame is taken. The first frame
    is not changed.

    Args:
        strength: Weight of the past, at least 0 and below 1: a pixel takes a new class
            after it has been predicted for `ceil(log(0.5) / log(strength))` frames, 3
            by default.
        max_difference: See `FrameMotion`.
    """

    def __init__(self, strength: float = 0.75, max_difference: float = MAX_DIFFERENCE):
        self.strength = check_share(strength)
        self._motion = FrameMotion(max_difference)
        self._memory: dict[int, np.ndarray] = {}  # float32 (height, width), by class
        self._size: tuple[int, ...] | None = None

    def reset(self) -> None:
        """Forgets the video so far."""
        self._motion.reset()
        self._memory = {}

    def __call__(self, labels: np.ndarray, image: np.ndarray) -> np.ndarray:
        """The smoothed label map of the next frame.

        Args:
            labels: Integer array (height, width), class ids.
            image: The frame, uint8 RGB (height, width, 3), of any size of at least 16
                pixels a side.

        Returns:
            Array like `labels`.

        Raises:
            ValueError: If an argument has another shape or type.
        """
        shape, dtype = np.shape(labels), getattr(labels, "dtype", None)
        if len(shape) != 2 or 0 in shape or dtype is None or dtype.kind not in "iu":
            raise ValueError(
                f"`labels` must be integers, (height, width). Received: shape={shape}, "
                f"dtype={dtype}"
            )
        if shape != self._size:
            self.reset()
            self._size = shape
        motion = self._motion.update(image, shape)
        if motion is None:
            self._memory = {int(c): _one_hot(labels, c) for c in np.unique(labels)}
            return labels.copy()
        self._remember(labels, motion)
        return self._largest(labels)

    def _remember(self, labels, motion):
        memory = {}
        for label in sorted({*self._memory, *map(int, np.unique(labels))}):
            now = _one_hot(labels, label)
            past = self._memory.get(label)
            past = np.zeros_like(now) if past is None else motion.warp(past)
            mixed = mix(past, now, self.strength)
            motion.replace_unknown(mixed, now)
            if mixed.max() >= _LEAST:
                memory[label] = mixed
        self._memory = memory

    def _largest(self, labels):
        result = labels.copy()
        largest = np.zeros(labels.shape, np.float32)
        for label, scores in self._memory.items():
            here = labels == label
            largest[here] = scores[here]
        for label, scores in self._memory.items():
            wins = scores > largest
            result[wins] = label
            largest[wins] = scores[wins]
        return result


def _one_hot(labels, label):
    return (labels == label).astype(np.float32)
