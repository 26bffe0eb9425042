"""The ground, drawn pixel by pixel: road, markings and terrain."""

import numpy as np

from data.synthetic.imaging.camera import Camera
from data.synthetic.imaging.canvas import Canvas
from data.synthetic.imaging.colours import random_colour, shifted_colour
from data.synthetic.imaging.noise import for_rgb, lookup, smooth_noise
from data.synthetic.imaging.road import Road
from data.synthetic.imaging.weather import Weather

_UP = np.array([[0.0, 1.0, 0.0]])


class Ground:
    """The ground plane.

    Args:
        rng: NumPy generator.
        road: The road on it.
    """

    def __init__(self, rng: np.random.Generator, road: Road):
        self._road = road
        shape = (256, 256)
        self._grass = smooth_noise(rng, shape, 6, octaves=2)
        self._grain = smooth_noise(rng, shape, 4, octaves=2)
        self._patches = smooth_noise(rng, shape, 32, octaves=4)
        self._cloud_shadows = smooth_noise(rng, shape, 64, octaves=5)
        self._drift = rng.uniform(-6, 6, 2)  # of those shadows, metres per second
        self._soil = np.float32(random_colour(rng, "terrain"))
        other = shifted_colour(rng, random_colour(rng, "terrain"))
        self._other_soil = np.float32(other)
        self._grass_strength = rng.uniform(0.2, 0.35)
        self._asphalt = np.float32(random_colour(rng, "road"))
        paints = [(225, 225, 220), (215, 180, 70)]
        self._paint = np.float32(rng.choice(paints, p=[0.8, 0.2]))
        self._ragged = rng.uniform(0.05, 0.25)  # metres, unevenness of the road's edge

    def paint(
        self, canvas: Canvas, camera: Camera, weather: Weather, time: float
    ) -> None:
        """Paints all pixels below the horizon; `time` in seconds."""
        x, y, z = camera.rays(canvas.xs, canvas.ys)
        top = int(np.flatnonzero((y < -1e-3).any(axis=1)).min(initial=len(y)))
        x, y, z = x[top:], y[top:], z[top:]
        below = y < -1e-3
        height = np.float32(camera.position[1])
        inverse = np.maximum(-y, 1e-3) / height
        x = np.float32(camera.position[0]) + x / inverse
        z = np.float32(camera.position[2]) + z / inverse
        # Metres of ground that one pixel covers, across and along the view.
        across = 1 / (inverse * np.float32(camera.intrinsics[0, 0]))
        along = across / (inverse * height)
        offset = x - self._road.centre(z).astype(np.float32)
        patches = lookup(self._patches, x * 2, z * 2) / (1 + along * 0.3)
        on_road = np.abs(offset) < self._road.half_width + self._ragged * patches
        terrain = self._terrain(x, z, patches, along)
        road = self._road_colour(offset, x, z, patches, across, along)
        colour = np.where(on_road[..., None], road, terrain)
        colour *= for_rgb(self._light(x, z, weather, time))
        np.copyto(canvas.colour[top:], colour, where=below[..., None])
        np.copyto(canvas.inverse_depth[top:], inverse, where=below)
        labels = canvas.category("Road"), canvas.category("Terrain")
        np.copyto(canvas.label[top:], np.where(on_road, *labels), where=below)

    def _light(self, x, z, weather, time):
        """Returns the brightness of the ground, lower in the shadow of clouds."""
        drift = self._drift * time
        shadow = lookup(self._cloud_shadows, x + drift[0], z + drift[1])
        strength = 0.35 * weather.sun * np.clip(shadow, 0, 1)
        return weather.brightness(_UP)[0] - strength

    def _terrain(self, x, z, patches, along):
        mix = for_rgb(np.clip(0.5 + 0.6 * patches, 0, 1))
        blades = lookup(self._grass, x * 14, z * 14) / (1 + along * 4)
        clumps = lookup(self._grass, x * 3.1, z * 3.1) / (1 + along)
        light = 1 + self._grass_strength * (blades + 0.7 * clumps)
        return (self._soil + (self._other_soil - self._soil) * mix) * for_rgb(light)

    def _road_colour(self, offset, x, z, patches, across, along):
        grain = lookup(self._grain, x * 16, z * 16) / (1 + along * 5)
        tracks = np.cos(np.float32(4 * np.pi / self._road.lane_width) * offset)
        colour = self._asphalt * for_rgb(
            1 + 0.05 * grain + 0.06 * patches + 0.05 * tracks
        )
        paint = for_rgb(0.85 * self._markings(offset, z, across, along))
        return colour + (self._paint - colour) * paint

    def _markings(self, offset, z, across, along):
        """Returns the share of each pixel that is painted, float32 in [0, 1]."""
        lanes, width = self._road.lanes, np.float32(self._road.lane_width)
        # Dashes of four metres every nine; far away they become their mean.
        phase = np.abs(z % 9 - 4.5)
        dashes = np.clip((2.0 - phase) / along + 0.5, 0, 1)
        dashes += (0.45 - dashes) * np.clip(along / 9, 0, 1)
        faint = np.minimum(0.18 / across, 1)
        total = np.zeros_like(offset)
        for line in range(-lanes, lanes + 1):
            distance = np.abs(offset - line * width)
            cover = faint * np.clip((0.09 - distance) / across + 0.5, 0, 1)
            total += cover if abs(line) == lanes else cover * dashes
        return np.minimum(total, 1)
