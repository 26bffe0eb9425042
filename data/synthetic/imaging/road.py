"""The course and the width of the road."""

import numpy as np


class Road:
    """A gently winding road along z on flat ground; metres, radians.

    Args:
        rng: NumPy generator.

    Attributes:
        half_width: Distance from the middle line to the edge.
        lane: Distance of the centre of the right lane from the middle line.
        lanes: Number of lanes per direction.
    """

    def __init__(self, rng: np.random.Generator):
        self.lanes = int(rng.integers(1, 3))
        width = rng.uniform(3.2, 3.9)
        self.half_width = self.lanes * width + rng.uniform(0.2, 1.2)
        self.lane = (self.lanes - 0.5) * width
        self.lane_width = width
        self._lengths = rng.uniform([90, 200], [160, 400])
        slopes = rng.uniform(0.01, 0.07, 2)  # at most 8 degrees off the z axis
        self._amplitudes = slopes * self._lengths / (2 * np.pi)
        self._phases = rng.uniform(0, 2 * np.pi, 2)

    def centre(self, z: np.ndarray | float) -> np.ndarray:
        """Returns x of the middle line at `z`, in the shape of `z`."""
        return sum(
            a * np.sin(2 * np.pi * z / length + phase)
            for a, length, phase in self._waves()
        )

    def heading(self, z: np.ndarray | float) -> np.ndarray:
        """Returns the angle of the middle line to the z axis, in the shape of `z`."""
        slope = sum(
            2 * np.pi / length * a * np.cos(2 * np.pi * z / length + phase)
            for a, length, phase in self._waves()
        )
        return np.arctan(slope)

    def _waves(self):
        return zip(self._amplitudes, self._lengths, self._phases, strict=True)
