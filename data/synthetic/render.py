"""Drawing one frame of a world: image and label."""

import itertools

import cv2
import numpy as np

from data.synthetic.imaging.camera import FRAMES_PER_SECOND, Camera
from data.synthetic.imaging.canvas import Canvas
from data.synthetic.imaging.panel import face
from data.synthetic.imaging.texture import Texture
from data.synthetic.imaging.view import PanelTable
from data.synthetic.imaging.weather import VARIATIONS, Weather
from data.synthetic.world import TRAFFIC_SIGHT, World

CATEGORIES = (
    "Terrain",
    "Sky",
    "Tree",
    "Vegetation",
    "Building",
    "Road",
    "GuardRail",
    "TrafficSign",
    "TrafficLight",
    "Pole",
    "Misc",
    "Truck",
)
_WITH_INSTANCES = ("Car", "Van")
_EXPOSURE = 0.12 / FRAMES_PER_SECOND  # seconds that the shutter is open


class Renderer:
    """Draws the frames of one video, in any order.

    Args:
        seed: Of the whole data set.
        world: Number of the world; with `seed` it fixes the scene.
        variation: The weather, one of `VARIATIONS`.
        num_frames: Length of the video.
        image_size: (height, width) in pixels.

    Attributes:
        names: What each label means: a class, or `Car:3` for one single car or van.
    """

    def __init__(
        self,
        seed: int,
        world: int,
        variation: str,
        num_frames: int,
        image_size: tuple[int, int],
    ):
        rng = np.random.default_rng([seed, world])
        self.world = World(rng, num_frames, image_size)
        self._seed = [seed, world, 1 + VARIATIONS.index(variation)]
        self._weather = Weather(np.random.default_rng(self._seed), variation)
        self._image_size = image_size
        self._labels, self.names = _vehicle_labels(self.world.vehicles)
        self._static_labels = [
            CATEGORIES.index(panel.category) for panel in self.world.panels.panels
        ]
        self._soft_disc = _soft_disc()
        self._static_shadows = PanelTable(
            [
                self._cast_shadow((shadow.x, shadow.z, shadow.width), shadow.height)
                for shadow in self.world.shadows
            ]
        )

    def camera(self, frame: int) -> Camera:
        """Returns the camera of a frame."""
        return self.world.drive.camera(frame / FRAMES_PER_SECOND)

    def draw(self, frame: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draws a frame.

        Returns:
            The image, uint8 `(height, width, 3)`, RGB; its label, int32
            `(height, width)`, indices into `names`; and float32 `(height, width)`,
            1 / depth in metres, 0 for the sky.
        """
        time = frame / FRAMES_PER_SECOND
        camera, weather = self.camera(frame), self._weather
        canvas = Canvas(self._image_size, CATEGORIES)
        self.world.sky.paint(canvas, camera, weather, time)
        self.world.ground.paint(canvas, camera, weather, time)
        poses = self._poses(time, camera)
        self._draw_shadows(canvas, camera, poses)
        self._draw_panels(canvas, camera, poses)
        colour = weather.through_air(canvas.colour, canvas.inverse_depth)
        later = self.world.drive.camera(time + _EXPOSURE)
        colour = _motion_blur(colour, canvas, camera, later)
        rng = np.random.default_rng([*self._seed, frame])
        image = weather.onto_sensor(rng, colour)
        return image, canvas.label, canvas.inverse_depth

    def _poses(self, time, camera):
        """Returns (index, vehicle, (x, z, yaw)) of the vehicles near the camera."""
        road, poses = self.world.road, []
        for index, vehicle in enumerate(self.world.vehicles):
            z, offset, turned = vehicle.place(time)
            if -15 < z - camera.position[2] < TRAFFIC_SIGHT:
                yaw = road.heading(z) + (np.pi if turned else 0)
                poses.append((index, vehicle, (road.centre(z) + offset, z, yaw)))
        return poses

    def _draw_panels(self, canvas, camera, poses):
        static, labels = self.world.panels, list(self._static_labels)
        moving = []
        for index, vehicle, pose in poses:
            moving.append(PanelTable(vehicle.panels, pose))
            labels += [self._labels[index]] * len(vehicle.panels)
        table = static.joined(moving)
        shades = self._weather.brightness(table.normals())
        shades = np.where(table.billboard, 1 - 0.4 * self._weather.sun, shades)
        for view in table.views(camera, self._image_size):
            panel, shade = table.panels[view.number], shades[view.number]
            canvas.paint(view, panel.texture, shade, labels[view.number])

    def _draw_shadows(self, canvas, camera, poses):
        """Darkens the ground under vehicles and in the shadows of things."""
        contact = [self._contact_shadow(vehicle, pose) for _, vehicle, pose in poses]
        cast = [self._cast_shadow((x, z, 3.5), 2.0) for _, _, (x, z, _) in poses]
        cast_shadows = self._static_shadows.joined([PanelTable(cast)])
        for table, strength in (
            (cast_shadows, 0.9 * self._weather.sun),
            (PanelTable(contact), 0.6),
        ):
            for view in table.views(camera, self._image_size):
                canvas.darken(view, self._soft_disc, strength)

    def _cast_shadow(self, spot, height):
        """Returns a ground panel that covers the shadow of a thing."""
        x, z, width = spot
        sun = self._weather.sun_direction
        along = -height * np.array([sun[0], 0, sun[2]]) / max(sun[1], 0.35)
        unit = along / (np.linalg.norm(along) + 1e-9)
        start = np.array([x, 0, z]) - unit * width / 2
        along = along + unit * width
        across = np.array([unit[2], 0, -unit[0]]) * width
        corner = start + along - across / 2
        return face(corner, corner + across, corner - along, self._soft_disc, "Road")

    def _contact_shadow(self, vehicle, pose):
        """Returns a ground panel a little larger than a vehicle."""
        x, z, yaw = pose
        size = np.abs([panel.origin for panel in vehicle.panels]).max(0) * 1.3
        ahead = np.array([np.sin(yaw), 0, np.cos(yaw)]) * size[2]
        right = np.array([np.cos(yaw), 0, -np.sin(yaw)]) * size[0]
        middle = np.array([x, 0, z])
        corners = middle + ahead - right, middle + ahead + right, middle - ahead - right
        return face(*corners, self._soft_disc, "Road")


def _vehicle_labels(vehicles):
    """Returns the label of each vehicle, and the names of all labels."""
    labels, names = [], list(CATEGORIES)
    for vehicle in vehicles:
        if vehicle.category in _WITH_INSTANCES:
            labels.append(len(names))
            names.append(f"{vehicle.category}:{len(names) - len(CATEGORIES)}")
        else:
            labels.append(CATEGORIES.index(vehicle.category))
    return labels, tuple(names)


def _soft_disc():
    y, x = np.mgrid[-1:1:32j, -1:1:32j]
    picture = np.zeros((32, 32, 4))
    picture[..., 3] = 255 * np.clip(2.2 * (1 - np.sqrt(x**2 + y**2)), 0, 1)
    return Texture(picture)


def _motion_blur(colour, canvas, camera, later):
    """Averages the frame along the motion of its pixels while the shutter is open.

    Large frames are averaged over more copies, so that single copies are not visible.

    The motion is that of things at rest; vehicles that drive along with the camera are
    blurred a little too much.
    """
    project = later.intrinsics @ later.rotation
    x, y, z = camera.rays(canvas.xs, canvas.ys)
    shift = camera.position - later.position
    inverse = canvas.inverse_depth
    points = np.stack([x, y, z], -1) + inverse[..., None] * np.float32(shift)
    moved = points @ np.float32(project).T
    flow_x = moved[..., 0] / moved[..., 2] - canvas.xs
    flow_y = moved[..., 1] / moved[..., 2] - canvas.ys[:, None]
    total = colour.copy()
    pairs = max(1, round(len(canvas.xs) / 512))
    later_shares = np.linspace(0.5 / pairs, 0.5, pairs).tolist()
    for share in itertools.chain(*((-share, share) for share in later_shares)):
        at_x = canvas.xs + share * flow_x
        at_y = canvas.ys[:, None] + share * flow_y
        total += cv2.remap(
            colour, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
    return total / (1 + 2 * pairs)
