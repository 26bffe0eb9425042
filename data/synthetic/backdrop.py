"""Ground and sky, shaded pixel by pixel: road, markings, terrain, hills, clouds."""

import cv2
import numpy as np

from data.synthetic.camera import Camera
from data.synthetic.canvas import Canvas
from data.synthetic.colours import random_colour, shifted_colour
from data.synthetic.noise import smooth_noise
from data.synthetic.road import Road
from data.synthetic.weather import Weather

_TILE = 256  # texels along a side of every noise tile
_HILL_INVERSE_DEPTH = 1 / 500


class Backdrop:
    """What lies behind all panels of one world.

    Args:
        rng: NumPy generator.
        road: The road that runs over the ground.
    """

    def __init__(self, rng, road: Road):
        self._road = road
        shape = (_TILE, _TILE)
        self._grass = smooth_noise(rng, shape, 6, octaves=2)
        self._grain = smooth_noise(rng, shape, 4, octaves=2)
        self._patches = smooth_noise(rng, shape, 32, octaves=4)
        self._clouds = smooth_noise(rng, shape, 64, octaves=5)
        first = random_colour(rng, "terrain")
        self._terrain = first, shifted_colour(rng, random_colour(rng, "terrain"))
        self._grass_strength = rng.uniform(0.2, 0.35)
        self._asphalt = random_colour(rng, "road")
        self._paint = rng.choice([(225, 225, 220), (215, 180, 70)], p=[0.8, 0.2])
        self._ragged = rng.uniform(0.05, 0.25)
        self._skyline = _skyline(rng)
        self._hill = random_colour(rng, "terrain")
        self._forest = random_colour(rng, "plant")
        self._drift = rng.uniform(-6, 6, 2)  # of the clouds, metres per second

    def paint(self, canvas: Canvas, camera: Camera, weather: Weather, time: float):
        """Fills the whole canvas; `time` in seconds moves the clouds."""
        x, y, z = camera.rays(canvas.xs, canvas.ys)
        horizon = int(np.flatnonzero((y < -1e-3).any(axis=1)).min(initial=len(y)))
        sky = int(np.flatnonzero((y >= -1e-3).any(axis=1)).max(initial=-1)) + 1
        self._paint_sky(canvas, (x[:sky], y[:sky], z[:sky]), weather, time)
        rays = (x[horizon:], y[horizon:], z[horizon:])
        self._paint_ground(canvas, horizon, rays, camera, weather, time)

    def _paint_sky(self, canvas, rays, weather, time):
        x, y, z = rays
        rows = len(y)
        azimuth = np.arctan2(x, z)
        elevation = y / np.hypot(x, z)
        blend = np.clip(elevation / 0.5, 0, 1)[..., None]
        colour = weather.horizon + (weather.sky - weather.horizon) * blend
        # Clouds hang on a plane, so they shrink towards the horizon.
        scale = 40 / np.maximum(elevation, 0.05)
        drift = self._drift * time * 0.2
        cloud = _lookup(self._clouds, scale * x + drift[0], scale * z + drift[1])
        cloud = np.clip(0.8 * cloud - 0.8 + 1.6 * weather.clouds, 0, 1)[..., None]
        colour = colour + (weather.cloud - colour) * cloud * 0.75
        canvas.colour[:rows] = colour
        canvas.inverse_depth[:rows] = 0
        canvas.label[:rows] = canvas.category("Sky")
        for height, colour, category in (
            (self._skyline[0], self._hill, "Terrain"),
            (self._skyline[1], self._forest, "Tree"),
        ):
            angle = (azimuth / (2 * np.pi) % 1) * len(height)
            covered = elevation < height[angle.astype(np.int32) % len(height)]
            texture = _lookup(self._grass, azimuth * 150, elevation * 400)
            shaded = colour * (0.8 + 0.12 * texture[covered][:, None])
            canvas.colour[:rows][covered] = shaded
            canvas.inverse_depth[:rows][covered] = _HILL_INVERSE_DEPTH
            canvas.label[:rows][covered] = canvas.category(category)

    def _paint_ground(self, canvas, top, rays, camera, weather, time):
        x, y, z = rays
        height = camera.position[1]
        inverse = -y / np.float32(height)
        inverse = np.maximum(inverse, 1e-5)
        x = camera.position[0] + x / inverse
        z = camera.position[2] + z / inverse
        # Metres of ground that one pixel covers, across and along the view.
        across = 1 / (inverse * np.float32(camera.intrinsics[0, 0]))
        along = across / (inverse * np.float32(height))
        offset = x - self._road.centre(z).astype(np.float32)
        patches = _lookup(self._patches, x * 2, z * 2) / (1 + along * 0.3)
        edge = self._road.half_width + self._ragged * patches
        on_road = np.abs(offset) < edge
        terrain = self._terrain_colour(x, z, patches, along)
        road = self._road_colour(offset, x, z, patches, across, along)
        colour = np.where(on_road[..., None], road, terrain)
        shadow = _lookup(self._clouds, *(self._drift[:, None, None] * time + (x, z)))
        strength = 0.35 * weather.sun * np.clip(shadow, 0, 1)
        light = weather.brightness(np.array([[0.0, 1.0, 0.0]]))[0] - strength
        canvas.colour[top:] = np.where(
            (y < -1e-3)[..., None], colour * light[..., None], canvas.colour[top:]
        )
        below = y < -1e-3
        canvas.inverse_depth[top:][below] = inverse[below]
        road_id, terrain_id = canvas.category("Road"), canvas.category("Terrain")
        canvas.label[top:][below] = np.where(on_road, road_id, terrain_id)[below]

    def _terrain_colour(self, x, z, patches, along):
        first, second = (np.float32(colour) for colour in self._terrain)
        mix = np.clip(0.5 + 0.6 * patches, 0, 1)[..., None]
        blades = _lookup(self._grass, x * 14, z * 14) / (1 + along * 4)
        clumps = _lookup(self._grass, x * 3.1, z * 3.1) / (1 + along)
        light = 1 + self._grass_strength * (blades + 0.7 * clumps)
        return (first + (second - first) * mix) * light[..., None]

    def _road_colour(self, offset, x, z, patches, across, along):
        grain = _lookup(self._grain, x * 16, z * 16) / (1 + along * 5)
        lane = self._road.lane_width
        tracks = 0.05 * np.cos(4 * np.pi * offset / lane)
        light = 1 + 0.05 * grain + 0.06 * patches + tracks
        colour = np.float32(self._asphalt) * light[..., None]
        paint = self._markings(offset, z, across, along)[..., None]
        return colour + (np.float32(self._paint) - colour) * paint * 0.85

    def _markings(self, offset, z, across, along):
        """Returns the share of each pixel that is painted, float32 in [0, 1]."""
        lanes, width = self._road.lanes, self._road.lane_width
        phase = np.abs((z % 9) - 4.5)
        dashes = np.clip((2.0 - phase) / along + 0.5, 0, 1)
        dashes = dashes + (0.45 - dashes) * np.clip(along / 9, 0, 1)
        total = np.zeros_like(offset)
        for line in range(-lanes, lanes + 1):
            distance = np.abs(offset - line * width)
            cover = np.clip((0.09 - distance) / across + 0.5, 0, 1)
            cover *= np.minimum(0.18 / across, 1)
            total += cover if abs(line) == lanes else cover * dashes
        return np.minimum(total, 1)


def _lookup(tile, x, y):
    """Samples a tile at texel coordinates of any size, bilinearly."""
    x = np.mod(x, _TILE).astype(np.float32)
    y = np.mod(y, _TILE).astype(np.float32)
    return cv2.remap(tile, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)


def _skyline(rng):
    """Draws the heights of far hills and of a forest before them, by azimuth."""
    hills = 0.04 * smooth_noise(rng, (1, 2048), 200)[0] + rng.uniform(-0.02, 0.06)
    trees = 0.02 * smooth_noise(rng, (1, 2048), 150)[0] + rng.uniform(-0.01, 0.03)
    trees += 0.004 * smooth_noise(rng, (1, 2048), 4)[0]
    return hills, trees
