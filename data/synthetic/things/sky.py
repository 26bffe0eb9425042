"""The sky, its clouds, and the hills and woods on the horizon."""

import numpy as np

from data.synthetic.imaging.camera import Camera
from data.synthetic.imaging.canvas import Canvas
from data.synthetic.imaging.colours import random_colour
from data.synthetic.imaging.noise import for_rgb, lookup, smooth_noise
from data.synthetic.imaging.weather import Weather

_HILL_INVERSE_DEPTH = 1 / 500
_AZIMUTHS = 2048  # columns of the skyline around the whole horizon


class Sky:
    """The background of one world.

    Args:
        rng: NumPy generator.
    """

    def __init__(self, rng: np.random.Generator):
        self._clouds = smooth_noise(rng, (256, 256), 64, octaves=5)
        self._leaves = smooth_noise(rng, (256, 256), 6, octaves=2)
        self._drift = rng.uniform(-1.2, 1.2, 2)  # of the clouds, texels per second
        hills = _skyline(rng, 200, 0.04) + rng.uniform(-0.02, 0.06)
        woods = _skyline(rng, 150, 0.02) + rng.uniform(-0.01, 0.03)
        woods += _skyline(rng, 4, 0.004)
        self._ridges = (
            (hills, random_colour(rng, "terrain"), "Terrain"),
            (woods, random_colour(rng, "plant"), "Tree"),
        )

    def paint(
        self, canvas: Canvas, camera: Camera, weather: Weather, time: float
    ) -> None:
        """Paints all rows above the horizon; `time` in seconds."""
        x, y, z = camera.rays(canvas.xs, canvas.ys)
        rows = int(np.flatnonzero((y > -1e-2).any(axis=1)).max(initial=-1)) + 1
        if rows == 0:
            return
        x, y, z = x[:rows], y[:rows], z[:rows]
        elevation = y / np.hypot(x, z)
        canvas.colour[:rows] = self._colour(x, z, elevation, weather, time)
        canvas.inverse_depth[:rows] = 0
        canvas.label[:rows] = canvas.category("Sky")
        azimuth = np.arctan2(x, z)
        step = np.int32(azimuth * (_AZIMUTHS / (2 * np.pi))) % _AZIMUTHS
        light = 0.8 + 0.12 * lookup(self._leaves, azimuth * 150, elevation * 400)
        for height, colour, category in self._ridges:
            covered = elevation < height[step]
            canvas.colour[:rows][covered] = light[covered][:, None] * colour
            canvas.inverse_depth[:rows][covered] = _HILL_INVERSE_DEPTH
            canvas.label[:rows][covered] = canvas.category(category)

    def _colour(self, x, z, elevation, weather, time):
        height = for_rgb(np.clip(elevation / 0.5, 0, 1))
        colour = weather.horizon + (weather.sky - weather.horizon) * height
        # Clouds lie in a plane, so they become smaller towards the horizon.
        scale = 40 / np.maximum(elevation, 0.05)
        drift = self._drift * time
        cloud = lookup(self._clouds, scale * x + drift[0], scale * z + drift[1])
        cover = 0.75 * np.clip(0.8 * cloud - 0.8 + 1.6 * weather.clouds, 0, 1)
        return colour + (weather.cloud - colour) * for_rgb(cover)


def _skyline(rng, cell, strength):
    return strength * smooth_noise(rng, (1, _AZIMUTHS), cell)[0]
