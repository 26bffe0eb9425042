"""The flickering pixels of a video, frame by frame, as pictures."""

import numpy as np

from lstm_icnet.flicker import FlickeringImagePixels, flickering_image_pixels

FLICKER_COLOUR = (255, 64, 32)
SCENE_COLOUR = (90, 150, 255)
FLICKER_LEGEND = ("class changed since the previous frame", FLICKER_COLOUR)
SCENE_LEGEND = ("class changed, and the ground truth too", SCENE_COLOUR)
_BRIGHTNESS = 0.5  # of the frame behind the marked pixels


class FlickeringVideo:
    """Marks the pixels whose predicted class differs from the previous frame's.

    These are the pixels that mFIP (Eq. 14) counts. Where labels are given, pixels whose
    label changed as well have a colour of their own, since there the scene moved.
    """

    def __init__(self) -> None:
        self._metric = FlickeringImagePixels()
        self._prediction = None
        self._label = None

    def draw(
        self,
        image: np.ndarray,
        prediction: np.ndarray,
        label: np.ndarray | None = None,
    ) -> np.ndarray:
        """The next frame in dark grey with its flickering pixels in colour.

        Args:
            image: uint8 RGB (height, width, 3).
            prediction: uint8 (height, width), class ids.
            label: As `prediction`, or `None` where there is none.

        Returns:
            uint8 RGB (height, width, 3); in the first frame no pixel is marked.
        """
        grey = np.rint(_BRIGHTNESS * image.mean(axis=-1)).astype(np.uint8)
        picture = np.repeat(grey[..., np.newaxis], 3, axis=-1)
        if self._prediction is not None:
            pair = np.stack([self._prediction, prediction])
            self._metric.update(pair)
            flickering = flickering_image_pixels(pair)[0]
            picture[flickering] = FLICKER_COLOUR
            if label is not None and self._label is not None:
                moved = flickering_image_pixels(np.stack([self._label, label]))[0]
                picture[moved & flickering] = SCENE_COLOUR
        self._prediction, self._label = prediction, label
        return picture

    def mfip(self) -> float | None:
        """mFIP of the frames so far, per mille of pixels; `None` before the second."""
        return self._metric.result()

    def caption(self, name: str = "") -> str:
        """Such as "flicker of ICNet: 8.1 % of pixels per frame", of the frames so far.

        Args:
            name: Of the system; left out if empty.
        """
        text = f"flicker of {name}" if name else "flicker"
        per_mille = self.mfip()
        if per_mille is None:
            return text
        return f"{text}: {per_mille / 10:.1f} % of pixels per frame"
