"""A moving camera: where the pixels of every frame are in one still image."""

import math
from dataclasses import dataclass

import numpy as np

# A long clip zooms no further than this in all, or its end is a few blurred pixels.
_LARGEST_ZOOM = 1.6


@dataclass(frozen=True)
class CameraMotion:
    """How far a camera moves from one frame to the next.

    Attributes:
        zoom: Smallest and largest relative growth per frame, about the vanishing point.
        yaw: Standard deviation of the shift to the side, in image widths per frame.
        roll: Standard deviation of the rotation, in degrees per frame.
        shift: Standard deviation of an independent shift of every frame, in pixels of
            the result, along x and y.
        still_share: Share of clips in which the camera does not move at all.
        scale: Smallest and largest magnification; the first frame shows `1 / scale` of
            the height and width of the still.
    """

    zoom: tuple[float, float] = (-0.004, 0.02)
    yaw: float = 0.008
    roll: float = 0.15
    shift: float = 0.3
    still_share: float = 1 / 7
    scale: tuple[float, float] = (1.1, 1.6)

    def __post_init__(self):
        if not 1 <= self.scale[0] <= self.scale[1]:
            raise ValueError(
                f"`scale` must be at least 1, the smaller one first. Received: "
                f"scale={self.scale}"
            )
        if not -1 < self.zoom[0] <= self.zoom[1]:
            raise ValueError(
                f"`zoom` must be above -1, the smaller one first. Received: "
                f"zoom={self.zoom}"
            )


def camera_path(
    num_frames: int,
    size: tuple[int, int],
    motion: CameraMotion,
    rng: np.random.Generator,
) -> np.ndarray:
    """Transforms from the pixels of each frame to the pixels of the first frame.

    Args:
        num_frames: Frames of the clip.
        size: (height, width) of the frames.
        motion: How far the camera moves.
        rng: Where the motion is drawn from.

    Returns:
        Float array (num_frames, 3, 3), affine transforms of (x, y, 1).
    """
    height, width = size
    path = np.tile(np.eye(3), (num_frames, 1, 1))
    if rng.random() < motion.still_share:
        return path
    vanishing_point = (
        width * (0.5 + rng.uniform(-0.1, 0.1)),
        height * rng.uniform(0.4, 0.55),
    )
    most = _LARGEST_ZOOM ** (1 / max(1, num_frames - 1))
    growth = np.clip(1 + rng.uniform(*motion.zoom), 1 / most, most)
    yaw = rng.normal(0, motion.yaw * width)
    roll = math.radians(rng.normal(0, motion.roll))
    for t in range(1, num_frames):
        sway = rng.normal(0, 0.2 * motion.yaw * width)
        step = (
            _translation(yaw + sway, 0.0)
            @ _about(vanishing_point, np.diag([1 / growth, 1 / growth, 1]))
            @ _about((width / 2, height / 2), _rotation(roll))
        )
        path[t] = path[t - 1] @ step
    shifts = rng.normal(0, motion.shift, (num_frames, 2))
    return path @ np.stack([_translation(x, y) for x, y in shifts])


def place_in_source(
    path: np.ndarray,
    size: tuple[int, int],
    source_size: tuple[int, int],
    scale: float,
    mirrored: bool,
    rng: np.random.Generator,
) -> np.ndarray:
    """One transform from the first frame to the still, at a random place.

    No frame extends beyond the still: where the path needs more space, the view is
    magnified further.

    Args:
        path: From `camera_path`.
        size: (height, width) of the frames.
        source_size: (height, width) of the still.
        scale: At which the first frame shows `1 / scale` of the still's sides.
        mirrored: Whether the clip is mirrored left to right.
        rng: Where the place is drawn from.

    Returns:
        Float array (3, 3).
    """
    (height, width), (source_height, source_width) = size, source_size
    sides = np.array([source_width / width, source_height / height]) / scale
    ends = np.array([[x, y, 1] for x in (0, width - 1) for y in (0, height - 1)])
    corners = (ends @ path.transpose(0, 2, 1))[..., :2].reshape(-1, 2)
    low, high = corners.min(axis=0), corners.max(axis=0)
    room = np.array([source_width - 1, source_height - 1], float)
    sides *= min(1.0, *(room / np.maximum(sides * (high - low), 1e-9)))
    offset = rng.uniform(0, 1, 2) * (room - sides * (high - low)) - sides * low
    placed = np.array([[sides[0], 0, offset[0]], [0, sides[1], offset[1]], [0, 0, 1]])
    if mirrored:
        placed = np.array([[-1, 0, room[0]], [0, 1, 0], [0, 0, 1.0]]) @ placed
    return placed


def _translation(x, y):
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def _rotation(angle):
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def _about(point, transform):
    return _translation(*point) @ transform @ _translation(-point[0], -point[1])
