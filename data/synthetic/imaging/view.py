"""Which panels a camera sees, and where in the frame."""

from typing import NamedTuple

import numpy as np

from data.synthetic.imaging.camera import NEAR, Camera
from data.synthetic.imaging.panel import Panel

_FAR = 300.0  # metres
_SMALLEST = 0.5  # pixels; smaller panels are not drawn
_UNIT_SQUARE = np.array([[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]], float)


Pose = tuple[float, float, float]


class View(NamedTuple):
    """The position of one panel in the frame.

    Attributes:
        number: Of the panel in its table.
        area: (x0, y0, x1, y1), the pixels it can touch, the last ones excluded.
        pixels: About how many pixels it covers.
        to_panel: `(3, 3)`, takes pixel (x, y, 1) to (u, v, 1) / depth, where u and v
            in [0, 1] run along the panel's edges.
    """

    number: int
    area: tuple[int, int, int, int]
    pixels: float
    to_panel: np.ndarray


class PanelTable:
    """Many panels as arrays, which are moved and projected together.

    Args:
        panels: The panels.
        pose: `(x, z, yaw)` in metres and radians: where their origin is in the world,
            and how far they are turned to the right.
    """

    def __init__(self, panels: list[Panel], pose: Pose = (0.0, 0.0, 0.0)):
        self.panels = panels
        x, z, yaw = pose
        turn = np.array(
            [
                [np.cos(yaw), 0, np.sin(yaw)],
                [0, 1, 0],
                [-np.sin(yaw), 0, np.cos(yaw)],
            ]
        )
        self.origin = _stack(panels, "origin") @ turn.T + [x, 0, z]
        self.right = _stack(panels, "right") @ turn.T
        self.down = _stack(panels, "down") @ turn.T
        self.billboard = np.array([panel.billboard for panel in panels], bool)

    def joined(self, others: list["PanelTable"]) -> "PanelTable":
        """Returns one table of these panels and those of `others`, in this order."""
        tables = [self, *others]
        joint = object.__new__(PanelTable)
        joint.panels = [panel for table in tables for panel in table.panels]
        for name in ("origin", "right", "down", "billboard"):
            arrays = [getattr(table, name) for table in tables]
            setattr(joint, name, np.concatenate(arrays))
        return joint

    def normals(self) -> np.ndarray:
        """Returns the unit normals of the panels, `(n, 3)`."""
        normals = np.cross(self.right, self.down)
        return normals / np.linalg.norm(normals, axis=1, keepdims=True)

    def views(self, camera: Camera, image_size: tuple[int, int]) -> list[View]:
        """Returns the views of all panels that the camera can see, farthest first."""
        origin, right = self._facing(camera)
        towards = camera.position - origin
        front = np.einsum("ij,ij->i", np.cross(right, self.down), towards) > 0
        near = np.einsum("ij,ij->i", towards, towards) < (_FAR + 20) ** 2
        chosen = np.flatnonzero(front & near)
        edges = right[chosen], self.down[chosen], origin[chosen] - camera.position
        to_pixels = camera.intrinsics @ camera.rotation @ np.stack(edges, -1)
        corners = _UNIT_SQUARE @ to_pixels.transpose(0, 2, 1)  # (n, 4, 3)
        areas, pixels = _areas(corners, image_size)
        depths = corners[..., 2]
        seen = (depths.max(1) > NEAR) & (depths.min(1) < _FAR)
        seen &= (areas[:, :2] < areas[:, 2:]).all(1) & (pixels > _SMALLEST)
        order = np.argsort(-depths.mean(1), kind="stable")
        order = order[seen[order]]
        columns = (
            chosen[order].tolist(),
            areas[order].tolist(),
            pixels[order].tolist(),
            _inverse(to_pixels[order]),
        )
        return [View(*row) for row in zip(*columns, strict=True)]

    def _facing(self, camera):
        """Returns origins and right edges, with the billboards turned."""
        sight = self.origin - camera.position
        flat = np.stack([sight[:, 2], np.zeros(len(sight)), -sight[:, 0]], 1)
        flat /= np.linalg.norm(flat, axis=1, keepdims=True) + 1e-9
        width = np.linalg.norm(self.right, axis=1, keepdims=True)
        turned = self.billboard[:, None]
        right = np.where(turned, flat * width, self.right)
        return np.where(turned, self.origin - right / 2, self.origin), right


def _stack(panels, name):
    return np.array([getattr(panel, name) for panel in panels]).reshape(-1, 3)


def _areas(corners, image_size):
    """Returns the pixels that panels can touch, `(n, 4)`, and how many they cover."""
    height, width = image_size
    # The corners in front of the camera, and where edges cross its near plane.
    following = np.roll(corners, -1, axis=1)
    depths, next_depths = corners[..., 2], following[..., 2]
    crossing = (depths > NEAR) != (next_depths > NEAR)
    rise = np.where(crossing, next_depths - depths, 1)
    share = ((NEAR - depths) / rise)[..., None]
    points = np.concatenate([corners, corners + share * (following - corners)], 1)
    outside = ~np.concatenate([depths > NEAR, crossing], 1)
    points = points[..., :2] / np.where(outside, 1, points[..., 2])[..., None]
    low = np.where(outside[..., None], np.inf, points).min(1)
    high = np.where(outside[..., None], -np.inf, points).max(1) + 2
    limit = [width, height]
    areas = np.concatenate([np.clip(low, 0, limit), np.clip(high, 0, limit)], 1)
    x, y = points[:, :4, 0], points[:, :4, 1]
    pixels = 0.5 * np.abs(np.sum(x * np.roll(y, -1, 1) - y * np.roll(x, -1, 1), 1))
    behind = depths.min(1) <= NEAR
    pixels[behind] = np.prod(high - low, axis=1)[behind]
    return areas.astype(int), pixels


def _inverse(matrices):
    """Inverts `(n, 3, 3)` matrices; one that has no inverse becomes zeros."""
    a, b, c = np.moveaxis(matrices, -1, 0)
    rows = np.stack([np.cross(b, c), np.cross(c, a), np.cross(a, b)], 1)
    volume = np.einsum("ni,ni->n", a, rows[:, 0])
    safe = np.where(np.abs(volume) > 1e-12, volume, np.inf)
    return rows / safe[:, None, None]
