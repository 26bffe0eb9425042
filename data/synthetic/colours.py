"""Random colours of things: wide distributions that overlap between the classes."""

import cv2
import numpy as np

# Hue (degrees), saturation and value ranges of the families that things draw from.
_FAMILIES = {
    "grey": ((0, 360), (0.0, 0.12), (0.15, 0.95)),
    "brown": ((12, 45), (0.15, 0.6), (0.2, 0.8)),
    "green": ((60, 150), (0.1, 0.6), (0.15, 0.75)),
    "blue": ((190, 245), (0.08, 0.6), (0.25, 0.95)),
    "vivid": ((0, 360), (0.3, 0.9), (0.3, 0.95)),
}

# Shares of grey, brown, green, blue and vivid for each kind of thing.
_SHARES = {
    "building": (0.35, 0.32, 0.10, 0.10, 0.13),
    "vehicle": (0.42, 0.13, 0.15, 0.15, 0.15),
    "plant": (0.10, 0.22, 0.62, 0.00, 0.06),
    "terrain": (0.25, 0.35, 0.40, 0.00, 0.00),
    "road": (0.75, 0.15, 0.02, 0.08, 0.00),
    "sky": (0.45, 0.10, 0.00, 0.45, 0.00),
    "furniture": (0.35, 0.20, 0.15, 0.10, 0.20),
}


def random_colour(rng, kind: str):
    """Draws a colour for a thing of `kind`.

    Args:
        rng: NumPy generator.
        kind: `building vehicle plant terrain road sky` or `furniture`.

    Returns:
        Float32 `(3,)`, RGB in [0, 255].
    """
    family = rng.choice(list(_FAMILIES), p=_SHARES[kind])
    hue, saturation, value = (rng.uniform(*bounds) for bounds in _FAMILIES[family])
    hsv = np.array([[[hue, saturation, value]]], np.float32)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0] * 255


def shifted_colour(rng, colour, strength: float = 25.0):
    """Draws a neighbour of `colour`, `strength` levels away in each channel at most."""
    return np.clip(colour + rng.uniform(-strength, strength, 3), 0, 255)
