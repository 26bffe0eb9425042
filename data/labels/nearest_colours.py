"""Classes from the colours of a video that compression has changed."""

from collections.abc import Mapping

import cv2
import numpy as np

TOLERANCE = 32
# Where two classes meet, their colours mix: CamVid's labels as H.264, VP8 and Motion
# JPEG have 3 % of such pixels, ordinary photographs 85 %.
_MAX_SHARE = 0.1
_NUM_COLOURS = 1 << 24


class NearestColours:
    """Gives every pixel the class of the nearest colour.

    A frame is refused if more than a tenth of its pixels are far from every colour, as
    it then shows no classes, or other ones.

    Args:
        classes: For each RGB colour, its class (0..254, 255 ignored).
        source: Where the colours are written down, named in errors.
        tolerance: Distance of two RGB colours beyond which they are far apart.
    """

    def __init__(
        self,
        classes: Mapping[tuple[int, int, int], int],
        source: str,
        tolerance: float = TOLERANCE,
    ):
        self._colours = np.array(list(classes), np.int32)
        self._ids = np.fromiter(classes.values(), np.uint8, len(classes))
        self._source = source
        self._tolerance = tolerance
        # Filled in for every colour that occurs: 0 for unknown, 1 for near, 2 for far.
        self._known = np.zeros(_NUM_COLOURS, np.uint8)
        self._class_of = np.zeros(_NUM_COLOURS, np.uint8)

    def decode(self, frame: np.ndarray, name: str) -> np.ndarray:
        """The classes of a frame, uint8 (height, width), ignored pixels 255.

        Args:
            frame: uint8 RGB (height, width, 3).
            name: Name of the frame in errors.

        Raises:
            ValueError: If more than a tenth of the pixels is far from every colour.
        """
        bgra = cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2BGRA)
        codes = bgra.view("<u4")[..., 0] & (_NUM_COLOURS - 1)
        known = self._known[codes]
        if not known.all():
            self._learn(np.unique(codes[known == 0]))
            known = self._known[codes]
        far = known == 2
        if far.mean() > _MAX_SHARE:
            row, column = np.argwhere(far)[0]
            colour = tuple(map(int, frame[row, column]))
            raise ValueError(
                f"{name} is no map of classes: {100 * far.mean():.0f} % of its pixels, "
                f"such as {colour} at row {row}, column {column}, are further than "
                f"{self._tolerance:g} from every colour of {self._source}"
            )
        return self._class_of[codes]

    def _learn(self, codes):
        rgb = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=-1)
        nearest = np.zeros(len(codes), np.uint8)
        least = np.full(len(codes), np.iinfo(np.int32).max, np.int32)
        for colour, class_id in zip(self._colours, self._ids, strict=True):
            distance = ((rgb.astype(np.int32) - colour) ** 2).sum(axis=-1)
            nearest[distance < least] = class_id
            least = np.minimum(least, distance)
        self._class_of[codes] = nearest
        self._known[codes] = np.where(least > self._tolerance**2, 2, 1)
