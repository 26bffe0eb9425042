"""Simple smoothers that ignore motion, for comparison."""

from collections import deque

import numpy as np

from lstm_icnet.smoothing.score_smoother import (
    ScoreSmoother,
    check_bonus,
    check_share,
    mix,
)


class MeanSmoother(ScoreSmoother):
    """Running mean: m(t) = s m(t - 1) + (1 - s) x(t).

    Args:
        strength: s, the weight of the past, at least 0 and below 1.
    """

    def __init__(self, strength: float = 0.5):
        super().__init__()
        self.strength = check_share(strength)
        self._memory: np.ndarray | None = None

    def reset(self) -> None:
        self._memory = None

    def _smooth(self, scores, image):
        if self._memory is None:
            self._memory = scores.copy()
        else:
            self._memory = mix(self._memory.copy(), scores, self.strength)
        return self._memory


class HoldSmoother(ScoreSmoother):
    """Hysteresis: the class that a point had in the previous frame gets a bonus.

    Args:
        strength: The bonus, at least 0, in the unit of the scores.
    """

    def __init__(self, strength: float = 1.0):
        super().__init__()
        self.strength = check_bonus(strength, "strength")
        self._labels: np.ndarray | None = None

    def reset(self) -> None:
        self._labels = None

    def _smooth(self, scores, image):
        if self._labels is not None:
            before = np.take_along_axis(scores, self._labels, axis=-1)
            scores = scores.copy()
            np.put_along_axis(scores, self._labels, before + self.strength, axis=-1)
        self._labels = scores.argmax(axis=-1)[..., np.newaxis]
        return scores


class _LastFramesSmoother(ScoreSmoother):
    """Base class of the smoothers that store an array for each of the last frames.

    Args:
        strength: Number of frames, odd.
    """

    def __init__(self, strength: float = 3):
        super().__init__()
        if not strength >= 1 or strength % 2 != 1:
            raise ValueError(
                f"`strength`, the number of frames, must be odd and positive. "
                f"Received: strength={strength}"
            )
        self.strength = int(strength)
        self._last: deque[np.ndarray] = deque(maxlen=self.strength)

    def reset(self) -> None:
        self._last.clear()


class VoteSmoother(_LastFramesSmoother):
    """Majority vote of the last frames; the scores of the current frame break ties.

    The results are numbers of votes plus a value below one half that grows with the
    score of the current frame and breaks ties.

    Args:
        strength: Number of frames that vote, odd.
    """

    def _smooth(self, scores, image):
        self._last.append(scores.argmax(axis=-1)[..., np.newaxis])
        if len(self._last) == 1:
            return scores
        low, high = scores.min(), scores.max()
        votes = (scores - low) * np.float32(0.49 / max(high - low, 1e-30))
        for labels in self._last:
            given = np.take_along_axis(votes, labels, axis=-1)
            np.put_along_axis(votes, labels, given + 1, axis=-1)
        return votes


class MedianSmoother(_LastFramesSmoother):
    """The median of every class' score over the last frames.

    Args:
        strength: Number of frames, odd.
    """

    def _smooth(self, scores, image):
        self._last.append(scores)
        if len(self._last) == 3:  # many times as fast as NumPy's median
            first, second, third = self._last
            low, high = np.minimum(first, second), np.maximum(first, second)
            return np.maximum(low, np.minimum(high, third))
        return np.median(self._last, axis=0).astype(np.float32)
