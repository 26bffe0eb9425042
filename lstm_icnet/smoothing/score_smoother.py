"""Base class of all smoothers of logits or probabilities."""

from abc import ABC, abstractmethod

import cv2
import numpy as np

from lstm_icnet.smoothing.frame_motion import check_image


class ScoreSmoother(ABC):
    """Smooths the logits or probabilities of one video, frame by frame.

    The first frame is not changed, nor the first one after `reset` or after a change of
    size.
    """

    def __init__(self) -> None:
        self._sizes: tuple | None = None

    def __call__(self, scores: np.ndarray, image: np.ndarray) -> np.ndarray:
        """The smoothed scores of the next frame.

        Args:
            scores: Float array (grid height, grid width, classes): logits or
                probabilities of the frame, on the network's output grid or larger.
            image: The frame, uint8 RGB (height, width, 3), at least 16 pixels a side.

        Returns:
            float32 array like `scores`; the class with the largest value is the label.
            Do not change the array: the next call may read it.

        Raises:
            ValueError: If an argument has another shape or type.
        """
        sizes = (_check_scores(scores), check_image(image))
        if sizes != self._sizes:
            self.reset()
            self._sizes = sizes
        return self._smooth(np.ascontiguousarray(scores, np.float32), image)

    @abstractmethod
    def reset(self) -> None:
        """Forgets the video so far."""

    @abstractmethod
    def _smooth(self, scores: np.ndarray, image: np.ndarray) -> np.ndarray:
        """The smoothed scores; both arguments have been checked."""


def _check_scores(scores):
    shape, dtype = np.shape(scores), getattr(scores, "dtype", None)
    if len(shape) != 3 or 0 in shape or dtype is None or dtype.kind != "f":
        raise ValueError(
            f"`scores` must be floats, (grid height, grid width, classes). Received: "
            f"shape={shape}, dtype={dtype}"
        )
    return shape


def mix(past: np.ndarray, scores: np.ndarray, strength: float) -> np.ndarray:
    """Writes strength past + (1 - strength) scores to `past`; float32, equal shapes."""
    rows = len(scores)  # without channels, of which OpenCV takes 128 at most
    flat = past.reshape(rows, -1)
    cv2.addWeighted(flat, strength, scores.reshape(rows, -1), 1 - strength, 0, dst=flat)
    return past


def check_share(strength: float) -> float:
    """Checks that `strength` can be the weight of the past, and returns it.

    Raises:
        ValueError: If it is not at least 0 and below 1.
    """
    if not 0 <= strength < 1:
        raise ValueError(
            f"`strength`, the weight of the past, must be at least 0 and below 1. "
            f"Received: strength={strength}"
        )
    return float(strength)


def check_bonus(value: float, name: str) -> float:
    """Checks the bonus of a class, and returns it; `name` is the argument's.

    Raises:
        ValueError: If it is negative or not finite.
    """
    if not 0 <= value < np.inf:
        raise ValueError(
            f"`{name}`, the bonus of the class before, must be at least 0 and finite. "
            f"Received: {name}={value}"
        )
    return float(value)
