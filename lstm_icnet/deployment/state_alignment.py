"""Moves the states of the cells along the optical flow, outside the network."""

from collections.abc import Mapping

import numpy as np

from lstm_icnet.smoothing.frame_motion import FrameMotion


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
            states: By name, each (1, height, width, channels).
            image: The frame, uint8 RGB (height, width, 3), of any size.

        Returns:
            The states unchanged at the first frame; later float32, zero where a point
            was outside the previous frame or looked different there.
        """
        arrays = {name: np.asarray(state) for name, state in states.items()}
        sizes = {array.shape[1:3] for array in arrays.values()}
        motions = {
            size: self._motions.setdefault(size, FrameMotion()).update(image, size)
            for size in sizes
        }
        aligned = dict(arrays)
        for name, array in arrays.items():
            motion = motions[array.shape[1:3]]
            if motion is not None:
                warped = motion.warp(array[0].astype(np.float32))
                warped[~motion.known] = 0
                aligned[name] = warped[np.newaxis]
        return aligned
