"""A world: a road, the things beside it and the traffic on it, from one seed."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from data.synthetic.imaging.camera import FRAMES_PER_SECOND, Drive
from data.synthetic.imaging.panel import Panel
from data.synthetic.imaging.road import Road
from data.synthetic.imaging.view import PanelTable
from data.synthetic.things.buildings import building
from data.synthetic.things.furniture import (
    crate,
    guard_rail,
    lamp_post,
    traffic_light,
    traffic_sign,
)
from data.synthetic.things.ground import Ground
from data.synthetic.things.plants import bush, hedge, tree
from data.synthetic.things.sky import Sky
from data.synthetic.things.thin_things import thin_things
from data.synthetic.things.vehicles import car, truck, van

_SIGHT = 90.0  # metres of world beyond the end of the drive
TRAFFIC_SIGHT = 300.0  # metres; vehicles are a few pixels there
_VEHICLES = {"Car": car, "Van": van, "Truck": truck}
_VEHICLE_SHARES = (0.5, 0.27, 0.23)


@dataclass(frozen=True, eq=False)
class Shadow:
    """What casts a shadow: its place on the ground, width and height, in metres."""

    x: float
    z: float
    width: float
    height: float


@dataclass(frozen=True, eq=False)
class Vehicle:
    """A vehicle; `place(time)` returns (z, offset, whether it drives towards -z)."""

    category: str
    panels: list[Panel]
    place: Callable[[float], tuple[float, float, bool]]


class World:
    """The scene of one video; no frame depends on frames that were drawn before.

    Args:
        rng: NumPy generator; the same state gives the same world.
        num_frames: Length of the video.
        image_size: (height, width) in pixels.
    """

    def __init__(
        self, rng: np.random.Generator, num_frames: int, image_size: tuple[int, int]
    ):
        self.road = Road(rng)
        self.drive = Drive(rng, self.road, image_size)
        self.sky = Sky(rng)
        self.ground = Ground(rng, self.road)
        duration = num_frames / FRAMES_PER_SECOND
        self._rng = rng
        # Things that were added in later versions have generators of their own, so
        # that all others stay where they were.
        self._far_rng, thin_rng = rng.spawn(2)
        self._end = self.drive.distance(duration) + _SIGHT
        self._tables: list[PanelTable] = []
        self.shadows: list[Shadow] = []
        self.vehicles: list[Vehicle] = []
        for side in (-1, 1):
            self._fill_verge(side)
            self._fill_gardens(side)
            self._fill_blocks(side)
        self._fill_road(duration)
        self._tables += thin_things(thin_rng, self.road, self._end)
        self.panels = PanelTable([]).joined(self._tables)

    def _put(self, panels, z, offset, turned=False, shadow=None):
        """Places a thing `offset` metres right of the middle line at `z`."""
        yaw = self.road.heading(z) + (np.pi if turned else 0)
        x = self.road.centre(z) + offset
        self._tables.append(PanelTable(panels, (float(x), z, float(yaw))))
        if shadow is not None:
            self.shadows.append(Shadow(x, z, *shadow))

    def _fill_verge(self, side):
        """Alternates between guard rails and parked cars along the road."""
        rng, edge = self._rng, self.road.half_width
        z = rng.uniform(-5, 10)
        railed = rng.random() < 0.5
        while z < self._end:
            section_end = z + rng.uniform(18, 40)
            if railed:
                self._put_rail(side, z, section_end)
            z += rng.uniform(2, 5)
            while z < section_end:
                if not railed and rng.random() < 0.3:
                    self._park(z + 4, side * (edge + rng.uniform(1.4, 1.9)))
                    z += 9
                else:
                    self._put_furniture(side, z, edge + rng.uniform(1.2, 2.6))
                z += rng.uniform(5, 9)
            railed = not railed

    def _put_rail(self, side, start, end):
        z = np.arange(start, end, 4.0)
        x = self.road.centre(z) + side * (self.road.half_width + 0.45)
        points = np.stack([x, z], 1)
        # A rail is visible from the right of its direction: on the left it is ahead.
        points = points[::-1] if side > 0 else points
        self._tables.append(PanelTable(guard_rail(self._rng, points)))

    def _put_furniture(self, side, z, offset):
        rng = self._rng
        kind = rng.choice(4, p=(0.24, 0.27, 0.26, 0.23))
        if kind == 0:
            self._put(lamp_post(rng, side), z, side * offset, shadow=(0.4, 7))
        elif kind == 1:
            self._put(traffic_sign(rng), z, side * offset, shadow=(0.8, 3))
        elif kind == 2:
            self._put(traffic_light(rng), z, side * offset, shadow=(0.8, 4))
        else:
            self._put(crate(rng), z, side * (offset + 1), shadow=(2.2, 2))

    def _fill_gardens(self, side):
        """Places hedges, bushes and trees between the verge and the houses."""
        rng = self._rng
        z = rng.uniform(0, 6)
        while z < self._end:
            offset = side * (self.road.half_width + rng.uniform(3.6, 5.2))
            kind = rng.choice(4, p=(0.4, 0.26, 0.18, 0.16))
            if kind == 0:
                length = rng.uniform(4, 12)
                self._put(hedge(rng, length), z + length / 2, offset, side < 0)
                z += length
            elif kind == 1:
                self._put(bush(rng), z, offset, shadow=(2, 1.2))
            elif kind == 2:
                self._put(tree(rng), z, offset, shadow=(4.5, 8))
            z += rng.uniform(1, 4)

    def _fill_blocks(self, side):
        """Places houses and groups of trees behind the gardens."""
        rng = self._rng
        z = rng.uniform(-10, 5)
        while z < self._end:
            offset = side * (self.road.half_width + rng.uniform(8, 13))
            length = rng.uniform(8, 20)
            if rng.random() < 0.6:
                house = building(rng, rng.uniform(8, 14), length)
                middle = z + length / 2
                self._put(house, middle, offset, side < 0, shadow=(length, 10))
            else:
                for _ in range(int(length / 4)):
                    distance = offset + side * rng.uniform(0, 14)
                    self._put(tree(rng), z + rng.uniform(0, length), distance)
            z += length + rng.uniform(1, 9)

    def _add_vehicle(self, rng, place):
        category = str(rng.choice(list(_VEHICLES), p=_VEHICLE_SHARES))
        panels = _VEHICLES[category](rng)
        self.vehicles.append(Vehicle(category, panels, place))

    def _park(self, z, offset):
        self._add_vehicle(self._rng, lambda time: (z, offset, offset < 0))

    def _fill_road(self, duration):
        """Adds traffic: some ahead of the camera, and oncoming vehicles."""
        rng, far_rng, ahead, oncoming = self._rng, self._far_rng, [], []
        for lane in range(self.road.lanes):
            offset = (lane + 0.5) * self.road.lane_width
            gap = self._fill_lane(rng, offset, rng.uniform(10, 22), 60)
            ahead.append((offset, gap))
        for lane in range(self.road.lanes):
            offset = -(lane + 0.5) * self.road.lane_width
            speed = rng.uniform(6, 12)
            end = self._end + speed * duration
            start = self._fill_other_lane(rng, offset, speed, rng.uniform(5, 25), end)
            oncoming.append((offset, speed, start, end + TRAFFIC_SIGHT - _SIGHT))
        for offset, gap in ahead:
            self._fill_lane(far_rng, offset, gap, TRAFFIC_SIGHT)
        for offset, speed, start, end in oncoming:
            self._fill_other_lane(far_rng, offset, speed, start, end)

    def _fill_lane(self, rng, offset, gap, end):
        """Fills a lane of the camera's direction, `gap` to `end` metres ahead of it."""
        while gap < end:
            sway = rng.uniform(1, 3), rng.uniform(0.1, 0.4), rng.uniform(0, 6)
            self._add_vehicle(rng, _ahead(self.drive, gap, offset, sway))
            gap += rng.uniform(16, 35)
        return gap

    def _fill_other_lane(self, rng, offset, speed, start, end):
        """Fills an oncoming lane from `start` to `end`, metres along z at time zero."""
        while start < end:
            self._add_vehicle(rng, _oncoming(start, speed, offset))
            start += rng.uniform(22, 50)
        return start


def _ahead(drive, gap, offset, sway):
    strength, rate, phase = sway

    def place(time):
        z = drive.distance(time) + gap + strength * np.sin(rate * time + phase)
        return z, offset, False

    return place


def _oncoming(start, speed, offset):
    return lambda time: (start - speed * time, offset, True)
