"""Weathers with the names of Virtual KITTI: light, fog, rain and sensor noise."""

from dataclasses import dataclass

import cv2
import numpy as np

from data.synthetic.imaging.colours import random_colour
from data.synthetic.imaging.noise import for_rgb


@dataclass(frozen=True)
class _WeatherRanges:
    """The ranges from which the weather of a variation is drawn."""

    gain: tuple[float, float]
    sun: tuple[float, float]  # share of the light that comes straight from the sun
    elevation: tuple[float, float]  # of the sun, degrees
    tint: tuple[float, float, float]
    fog: tuple[float, float]  # extinction per metre
    clouds: tuple[float, float]  # 0 clear, 1 covered
    rain: bool = False


_VARIATIONS = {
    "clone": _WeatherRanges(
        gain=(0.85, 1.1),
        sun=(0.45, 0.75),
        elevation=(35, 65),
        tint=(1, 1, 0.97),
        fog=(0.0003, 0.002),
        clouds=(0, 0.6),
    ),
    "fog": _WeatherRanges(
        gain=(0.8, 1.0),
        sun=(0, 0.1),
        elevation=(30, 60),
        tint=(0.98, 1, 1.02),
        fog=(0.007, 0.013),
        clouds=(0.6, 1),
    ),
    "rain": _WeatherRanges(
        gain=(0.75, 0.9),
        sun=(0, 0.1),
        elevation=(30, 60),
        tint=(0.93, 0.98, 1.06),
        fog=(0.003, 0.007),
        clouds=(0.8, 1),
        rain=True,
    ),
    "sunset": _WeatherRanges(
        gain=(0.95, 1.15),
        sun=(0.45, 0.7),
        elevation=(10, 22),
        tint=(1.15, 0.97, 0.8),
        fog=(0.001, 0.004),
        clouds=(0, 0.7),
    ),
    "morning": _WeatherRanges(
        gain=(0.85, 1.05),
        sun=(0.35, 0.65),
        elevation=(15, 35),
        tint=(1.06, 1, 0.9),
        fog=(0.002, 0.006),
        clouds=(0, 0.6),
    ),
    "overcast": _WeatherRanges(
        gain=(0.8, 1.0),
        sun=(0, 0.12),
        elevation=(40, 70),
        tint=(0.97, 1, 1.03),
        fog=(0.001, 0.004),
        clouds=(0.7, 1),
    ),
}
VARIATIONS = tuple(_VARIATIONS)


class Weather:
    """The light and air of one video.

    Args:
        rng: NumPy generator.
        variation: One of `VARIATIONS`.

    Attributes:
        sun_direction: `(3,)`, unit vector from the ground to the sun.
        sun: Share of the light that comes from the sun, 0 to 1.
        clouds: Share of the sky that is covered, 0 to 1.
        sky, horizon, cloud: RGB of the sky above and at the horizon, and grey of the
            clouds, before the tint of the light.
    """

    def __init__(self, rng: np.random.Generator, variation: str):
        ranges = _VARIATIONS[variation]
        elevation = np.deg2rad(rng.uniform(*ranges.elevation))
        azimuth = rng.uniform(0, 2 * np.pi)
        flat = np.cos(elevation)
        self.sun_direction = np.array(
            [flat * np.sin(azimuth), np.sin(elevation), flat * np.cos(azimuth)]
        )
        self.sun = rng.uniform(*ranges.sun)
        self.clouds = rng.uniform(*ranges.clouds)
        balance = rng.uniform(0.95, 1.05, 3)
        self._light = np.float32(rng.uniform(*ranges.gain) * balance * ranges.tint)
        self._extinction = rng.uniform(*ranges.fog)
        self._noise = rng.uniform(1.5, 3.5)  # standard deviation, of 255 levels
        self._rain = ranges.rain
        self.sky = np.float32(
            np.maximum(random_colour(rng, "sky"), rng.uniform(150, 215))
        )
        grey = rng.uniform(150, 235)
        self.cloud = np.float32(grey * rng.uniform(0.75, 1.15))
        self.horizon = np.float32(0.5 * self.sky + 0.5 * grey)
        self._fog = np.float32(np.full(3, grey) * self._light)

    def brightness(self, normals: np.ndarray) -> np.ndarray:
        """Returns the brightness of surfaces with unit normals `(n, 3)`, `(n,)`."""
        facing = np.maximum(normals @ self.sun_direction, 0)
        return (1 - 0.6 * self.sun) + 0.9 * self.sun * (facing - 0.4)

    def through_air(self, colour: np.ndarray, inverse_depth: np.ndarray) -> np.ndarray:
        """Returns a frame with light and fog, float32 (h, w, 3)."""
        depth = 1 / np.maximum(inverse_depth, 1 / 800)
        clear = for_rgb(np.exp(-np.float32(self._extinction) * depth))
        return colour * self._light * clear + self._fog * (1 - clear)

    def onto_sensor(self, rng: np.random.Generator, colour: np.ndarray) -> np.ndarray:
        """Returns a frame (h, w, 3) with rain and sensor noise, uint8."""
        if self._rain:
            colour = colour + _streaks(rng, colour.shape[:2])
        grain = rng.standard_normal(colour.shape, dtype=np.float32)
        return np.clip(colour + self._noise * grain + 0.5, 0, 255).astype(np.uint8)


def _streaks(rng, shape):
    """Draws falling drops as short bright lines, float32 (h, w, 1)."""
    height, width = shape
    layer = np.zeros(shape, np.uint8)
    number = int(rng.uniform(0.003, 0.005) * height * width)
    slant = rng.uniform(-0.15, 0.15)
    starts = rng.uniform((-0.1, -0.1), (1, 1), (number, 2)) * (width, height)
    lengths = rng.uniform(0.02, 0.09, number) * height
    steps = np.stack([slant * lengths, lengths], axis=1)
    ends = (starts + steps).astype(np.int32)
    for start, end, light in zip(
        starts.astype(np.int32), ends, rng.integers(10, 60, number), strict=True
    ):
        cv2.line(layer, start.tolist(), end.tolist(), int(light), 1, cv2.LINE_AA)
    return layer.astype(np.float32)[..., None]
