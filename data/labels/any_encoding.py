"""Label maps of any system: PNGs of ids in 8 or 16 bits, or of colours."""

from collections.abc import Sequence

import cv2
import numpy as np

from data.files.images import ImagePath, decode_image
from data.labels.encodings import IGNORE_LABEL, ColourEncoding
from data.labels.id_png import decode_ids, holds_colours, read_label_bytes

MAX_CLASSES = 254  # ids 0 to 253 of an 8-bit map; 255 is for no class
_NUM_CODES = 1 << 16


class AnyEncoding:
    """Reads grey and paletted PNGs as ids, and true-colour ones as colours.

    A paletted PNG is read by its colours if they are those of classes and no others.

    Args:
        num_classes: How many there are, their ids counted from 0; `None` where that
            is not known.
        ignore_labels: Ids that belong to no class. A label map with the id 255 is
            refused unless 255 is one of them.
        colours: What colours mean, `None` where that is not known.
    """

    def __init__(
        self,
        num_classes: int | None = None,
        ignore_labels: Sequence[int] = (IGNORE_LABEL,),
        colours: ColourEncoding | None = None,
    ):
        self._limit = MAX_CLASSES if num_classes is None else num_classes
        self._ignored = tuple(ignore_labels)
        self._colours = colours
        ids = list(self._ignored)
        self._classes = np.zeros(_NUM_CODES, np.uint8)
        self._classes[: self._limit] = np.arange(self._limit)
        self._classes[ids] = IGNORE_LABEL
        self._refused = np.ones(_NUM_CODES, np.uint8)
        self._refused[: self._limit] = self._refused[ids] = 0

    def decode(self, path: ImagePath) -> np.ndarray:
        """The label map at `path`, uint8 (height, width), pixels of no class 255.

        Raises:
            FileNotFoundError: If there is no file at `path`.
            ValueError: If it cannot be read, or holds an id or a colour that is not
                known.
        """
        encoded = read_label_bytes(path)
        if self._colours is not None and self._colours.matches_palette(encoded):
            return self._colours.decode_image(decode_image(encoded, path), path)
        if holds_colours(encoded):
            if self._colours is None:
                raise ValueError(
                    f"{path} holds colours: pass --palette, or use grey or paletted "
                    f"PNGs of class ids"
                )
            return self._colours.decode_image(decode_image(encoded, path), path)
        ids = decode_ids(encoded, path)
        if ids.ndim != 2:
            raise ValueError(
                f"{path} must have one channel of class ids, or three of colours; it "
                f"has {ids.shape[2]}"
            )
        wrong = _look_up(self._refused, ids)
        if wrong.any():
            raise ValueError(
                f"{path} holds the id {ids[wrong != 0][0]}; ids are "
                f"0..{self._limit - 1}, or {', '.join(map(str, self._ignored))} for no "
                f"class"
            )
        return _look_up(self._classes, ids)


def _look_up(table, ids):
    # OpenCV is ten times as fast and knows tables of 256.
    return cv2.LUT(ids, table[:256]) if ids.dtype == np.uint8 else table[ids]
