"""Sampling of noise tiles, and weights for the three colours of a picture."""

import cv2
import numpy as np


def lookup(tile, x, y):
    """Samples a tile, repeated without end, at texel coordinates `x`, `y`; bilinear."""
    height, width = tile.shape
    x = np.mod(x, width).astype(np.float32)
    y = np.mod(y, height).astype(np.float32)
    return cv2.remap(tile, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)


def for_rgb(weight):
    """Returns float32 `(h, w)` as `(h, w, 3)`; broadcasting it would be slower."""
    return cv2.cvtColor(np.float32(weight), cv2.COLOR_GRAY2RGB)
