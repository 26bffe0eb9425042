"""Random colours, from wide distributions that overlap between the classes."""

import cv2
import numpy as np

# Ranges of hue (degrees), saturation and value.
_FAMILIES = {
    "light": ((0, 360), (0.0, 0.12), (0.65, 0.97)),
    "grey": ((0, 360), (0.0, 0.12), (0.15, 0.95)),
    "dark": ((0, 360), (0.0, 0.15), (0.12, 0.40)),
    "brown": ((12, 45), (0.15, 0.6), (0.2, 0.8)),
    "orange": ((18, 48), (0.5, 0.9), (0.45, 0.95)),
    "green": ((60, 150), (0.15, 0.6), (0.15, 0.75)),
    "blue": ((190, 245), (0.08, 0.6), (0.25, 0.95)),
    "vivid": ((0, 360), (0.5, 0.95), (0.4, 0.95)),
}
# How often each kind of thing has a colour of each family.
_SHARES = {
    "building": {"light": 0.1, "grey": 0.1, "brown": 0.8},
    "car": {"grey": 0.15, "dark": 0.15, "vivid": 0.7},
    "van": {"light": 0.9, "grey": 0.1},
    "truck": {"grey": 0.1, "green": 0.15, "blue": 0.75},
    "plant": {"brown": 0.1, "green": 0.9},
    "terrain": {"grey": 0.05, "brown": 0.65, "green": 0.3},
    "road": {"grey": 0.25, "dark": 0.7, "brown": 0.05},
    "sky": {"light": 0.35, "grey": 0.05, "blue": 0.6},
    "metal": {"light": 0.5, "grey": 0.45, "green": 0.05},
    "plate": {"light": 0.1, "vivid": 0.9},
    "lamps": {"dark": 0.95, "green": 0.05},
    "wire": {"dark": 1.0},
    "crate": {"brown": 0.15, "orange": 0.8, "green": 0.05},
}


def random_colour(rng: np.random.Generator, kind: str) -> np.ndarray:
    """Draws a colour for a thing of one kind.

    Args:
        rng: NumPy generator.
        kind: A key of `_SHARES`.

    Returns:
        Float32 `(3,)`, RGB in [0, 255].
    """
    shares = _SHARES[kind]
    family = rng.choice(list(shares), p=list(shares.values()))
    hue, saturation, value = (rng.uniform(*bounds) for bounds in _FAMILIES[family])
    hsv = np.array([[[hue, saturation, value]]], np.float32)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0] * 255


def shifted_colour(
    rng: np.random.Generator, colour: np.ndarray, strength: float = 25.0
) -> np.ndarray:
    """Draws a colour that differs from `colour` by at most `strength` per channel."""
    return np.clip(colour + rng.uniform(-strength, strength, 3), 0, 255)
