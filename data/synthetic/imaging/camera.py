"""The pinhole camera, and how it drives along the road."""

from dataclasses import dataclass

import numpy as np

from data.synthetic.imaging.road import Road

FRAMES_PER_SECOND = 10.0  # as in Virtual KITTI
NEAR = 0.4  # metres; nothing nearer is drawn


@dataclass(frozen=True, eq=False)
class Camera:
    """A pinhole camera in the world; metres, pixels.

    `rotation` has the rows right, down, forward; a world point p is seen at
    `intrinsics @ rotation @ (p - position)`, divided by its last entry, the depth.
    """

    position: np.ndarray  # (3,)
    rotation: np.ndarray  # (3, 3)
    intrinsics: np.ndarray  # (3, 3)

    def to_pixels(self, points: np.ndarray) -> np.ndarray:
        """Returns `(..., 3)` world points as (x * depth, y * depth, depth)."""
        return (points - self.position) @ (self.intrinsics @ self.rotation).T

    def rays(
        self, xs: np.ndarray, ys: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Returns the world direction of each pixel at depth one, three `(h, w)`."""
        turn = self.rotation.T @ np.linalg.inv(self.intrinsics)
        columns, rows = xs[None, :], ys[:, None]
        x, y, z = ((a * columns + b * rows + c).astype(np.float32) for a, b, c in turn)
        return x, y, z


class Drive:
    """The path of the camera: in its lane, at constant speed, shaking a little.

    Args:
        rng: NumPy generator.
        road: The road to follow.
        image_size: (height, width) in pixels.
    """

    def __init__(
        self, rng: np.random.Generator, road: Road, image_size: tuple[int, int]
    ):
        self.road = road
        self.speed = rng.uniform(6.0, 13.0)  # metres per second
        self._height = rng.uniform(1.5, 2.1)
        self._pitch = np.deg2rad(rng.uniform(-2.0, 2.5))
        # Slow sway and fast jitter: amplitude (degrees, metres), cycles per second.
        self._phases = rng.uniform(0, 2 * np.pi, (4, 3))
        height, width = image_size
        focal = rng.uniform(0.88, 0.98) * width
        self._intrinsics = np.array(
            [[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]]
        )

    def distance(self, time: float) -> float:
        """Returns how far along the road the camera is at `time` seconds, metres."""
        return self.speed * time + 0.3 * np.sin(0.7 * time + self._phases[0, 0])

    def camera(self, time: float) -> Camera:
        """Returns the camera at `time` seconds."""
        z = self.distance(time)
        sway, yaw, pitch, roll = (
            np.sin(2 * np.pi * np.array([0.23, 1.1, 2.7]) * time + phases)
            for phases in self._phases
        )
        x = self.road.centre(z) + self.road.lane + sway @ [0.25, 0, 0]
        y = self._height + sway @ [0, 0.01, 0.01]
        # The camera turns into the bend, as a driver looks.
        yaw = self.road.heading(z + 5) + np.deg2rad(yaw @ [0.8, 0.2, 0.05])
        pitch = self._pitch + np.deg2rad(pitch @ [0.2, 0.25, 0.12])
        roll = np.deg2rad(roll @ [0.3, 0.2, 0.05])
        return Camera(
            np.array([x, y, z]), _rotation(yaw, pitch, roll), self._intrinsics
        )


def _rotation(yaw, pitch, roll):
    forward = np.array(
        [np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)]
    )
    level = np.array([np.cos(yaw), 0, -np.sin(yaw)])
    lower = np.cross(level, forward)  # points down where the camera is level
    right = np.cos(roll) * level + np.sin(roll) * lower
    down = np.cos(roll) * lower - np.sin(roll) * level
    return np.stack([right, down, forward])
