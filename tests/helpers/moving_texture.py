"""Frames of a flat texture under a camera that shifts by known amounts."""

import cv2
import numpy as np

_MARGIN = 40  # pixels that the camera may shift in all


def moving_texture(rng, size, shifts):
    """uint8 RGB frames (height, width, 3) of one random texture.

    Args:
        rng: Random generator.
        size: (height, width).
        shifts: (rows, columns) for every frame that the camera has moved, down and to
            the right, since the first.
    """
    height, width = (side + 2 * _MARGIN for side in size)
    noise = rng.integers(0, 256, (height, width, 3), dtype="uint8")
    texture = cv2.GaussianBlur(noise, (0, 0), 4)
    texture = cv2.normalize(texture, None, 0, 255, cv2.NORM_MINMAX)
    return [
        np.ascontiguousarray(
            texture[
                _MARGIN + down : _MARGIN + down + size[0],
                _MARGIN + right : _MARGIN + right + size[1],
            ]
        )
        for down, right in shifts
    ]
