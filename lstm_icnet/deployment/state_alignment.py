"""Moves the states of the cells along the optical flow, outside the network."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from lstm_icnet.smoothing.frame_motion import FrameMotion, GridMotion

# The motion from the frame before, by (height, width) of the states; none for the first
# frame of a video.
Motions = Mapping[tuple[int, int], GridMotion]


class StateAligner:
    """Warps the states of one stream from the previous frame to the current one.

    It needs only the states of a network, so it works with every file format.
    """

    def __init__(self) -> None:
        self._motions: dict[tuple[int, int], FrameMotion] = {}

    def reset(self) -> None:
        """Forgets the previous frame: the next one is the first of a new video."""
        self._motions.clear()

    def __call__(
        self, states: Mapping[str, np.ndarray], image: np.ndarray
    ) -> dict[str, np.ndarray]:
        """The states after the previous frame, warped to this frame.

        Args:
            states: See `move_states`.
            image: The frame, uint8 RGB (height, width, 3), of any size.
        """
        return move_states(states, self.motions(image, sizes_of(states)))

    def motions(self, image: np.ndarray, sizes: Iterable[tuple[int, int]]) -> Motions:
        """The motion from the previous frame to this one, for states of these sizes."""
        motions = {
            size: self._motions.setdefault(size, FrameMotion()).update(image, size)
            for size in sizes
        }
        return {size: motion for size, motion in motions.items() if motion is not None}


def sizes_of(states: Mapping[str, Any]) -> set[tuple[int, int]]:
    """The sizes (height, width) of states, (1, height, width, channels)."""
    return {_size_of(state) for state in states.values()}


def move_states(states: Mapping[str, Any], motions: Motions) -> dict[str, Any]:
    """States warped from the previous frame to this one.

    Args:
        states: By name, arrays or an engine's tensors, (1, height, width, channels).
        motions: From the previous frame.

    Returns:
        The states as they are where there is no motion for their size; else float32
        arrays, zero where a point was outside the previous frame or looked different
        there.
    """
    moved = dict(states)
    for name, state in states.items():
        motion = motions.get(_size_of(state))
        if motion is not None:
            warped = motion.warp(np.asarray(state)[0].astype(np.float32))
            warped[~motion.known] = 0
            moved[name] = warped[np.newaxis]
    return moved


def _size_of(state):
    """(height, width) of an array or of any engine's tensor."""
    _, height, width, _ = state.shape
    return int(height), int(width)
