"""What single rays hit in a synthetic world, computed independently of the renderer.

Every ray is cut with the plane of every rectangle, with the ground and with the hills
on the horizon, by plain linear algebra in 64 bits; nothing is projected or sorted.
"""

import numpy as np

from data.synthetic.render import CATEGORIES

_RAGGED = 4.0  # distance of the edge of a road from its line, in standard deviations


def nearest_things(renderer, frame, x, y):
    """The label that a ray through each point of the picture should have.

    Args:
        renderer: `Renderer` of the video.
        frame: Its number.
        x, y: Points (n,), in pixels; whole numbers are the middles of pixels.

    Returns:
        Labels (n,), -1 where road and terrain meet in an uneven edge.
    """
    camera, time = renderer.camera(frame), frame / 10
    rays = np.stack([x, y, np.ones(len(x))], 1) @ np.linalg.inv(camera.intrinsics).T
    rays = rays @ camera.rotation  # directions in the world, at depth one
    label, depth = _backdrop(renderer.world, camera.position, rays)
    for panel, thing, (shift, turn) in _panels(renderer, time):
        origin = turn @ panel.origin + shift
        right, down = turn @ panel.right, turn @ panel.down
        if panel.billboard:
            sight = (origin - camera.position) * [1, 0, 1]
            across = np.array([sight[2], 0, -sight[0]]) / np.linalg.norm(sight)
            right = across * np.linalg.norm(right)
            origin = origin - right / 2
        normal = np.cross(right, down)
        if normal @ (camera.position - origin) <= 0:
            continue
        distance = normal @ (origin - camera.position) / (rays @ normal)
        point = camera.position + distance[:, None] * rays - origin
        u = np.cross(point, down) @ normal / (normal @ normal)
        v = np.cross(right, point) @ normal / (normal @ normal)
        met = (u >= 0) & (u < 1) & (v >= 0) & (v < 1) & (distance > 0.4)
        met &= distance < depth
        picture = panel.texture.levels[0]
        rows, columns = picture.shape[:2]
        alpha = picture[(v[met] * rows).astype(int), (u[met] * columns).astype(int), 3]
        met[met] = alpha >= 0.5
        label[met], depth[met] = thing, distance[met]
    return label


def _backdrop(world, position, rays):
    """Label and depth of sky, hills, woods, terrain and road."""
    sideways, up, ahead = rays.T
    label = np.full(len(rays), CATEGORIES.index("Sky"))
    depth = np.full(len(rays), np.inf)
    elevation = up / np.hypot(sideways, ahead)
    azimuth = np.arctan2(sideways, ahead)
    for heights, _, category in world.sky._ridges:
        steps = (azimuth * len(heights) / (2 * np.pi)).astype(int) % len(heights)
        behind = elevation < heights[steps]
        label[behind], depth[behind] = CATEGORIES.index(category), 500
    ground = up < -1e-3
    reach = position[1] / np.where(ground, -up, 1)
    x, z = position[0] + reach * sideways, position[2] + reach * ahead
    offset = np.abs(x - world.road.centre(z)) - world.road.half_width
    on_ground = np.where(
        offset < 0, CATEGORIES.index("Road"), CATEGORIES.index("Terrain")
    )
    on_ground[np.abs(offset) < _RAGGED * world.ground._ragged] = -1
    label[ground], depth[ground] = on_ground[ground], reach[ground]
    return label, depth


def _panels(renderer, time):
    """Yields (panel, label, (shift, turn)) of everything, moved where it stands."""
    world = renderer.world
    table = world.panels
    for index, panel in enumerate(table.panels):
        placed = _Placed(
            panel, table.origin[index], table.right[index], table.down[index]
        )
        yield placed, CATEGORIES.index(panel.category), (np.zeros(3), np.eye(3))
    ahead = renderer.world.drive.distance(time)
    for vehicle, label in zip(world.vehicles, renderer._labels, strict=True):
        z, offset, turned = vehicle.place(time)
        if not -15 < z - ahead < 300:
            continue
        yaw = world.road.heading(z) + (np.pi if turned else 0)
        cos, sin = np.cos(yaw), np.sin(yaw)
        turn = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
        shift = np.array([world.road.centre(z) + offset, 0, z])
        for panel in vehicle.panels:
            yield panel, label, (shift, turn)


class _Placed:
    """A panel of the table of all that stands still, in the world."""

    def __init__(self, panel, origin, right, down):
        self.origin, self.right, self.down = origin, right, down
        self.texture, self.billboard = panel.texture, panel.billboard
