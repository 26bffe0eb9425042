"""Label maps of any system: PNGs of ids in 8 or 16 bits, or of colours."""

from collections.abc import Sequence

import cv2
import numpy as np

from data.labels.encodings import IGNORE_LABEL, ColourEncoding
from data.labels.id_png import has_colours, read_ids

MAX_CLASSES = 254  # that a map of 8 bits holds beside 255, with one to spare
_NUM_CODES = 1 << 16


class AnyEncoding:
    """Grey and paletted PNGs hold ids, true-colour ones colours.

    Args:
        num_classes: How many there are, their ids counted from 0; `None` where that
            is not known.
        ignore_labels: Ids that belong to no class. 255 is one of them, or it is
            refused.
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

    def decode(self, path: str) -> np.ndarray:
        """The label map at `path`, uint8 (height, width), pixels of no class 255.

        Raises:
            FileNotFoundError: If there is no file at `path`.
            ValueError: If it cannot be read, or holds an id or a colour that is not
                known.
        """
        if has_colours(path):
            if self._colours is None:
                raise ValueError(
                    f"{path} holds colours; a palette must say what they mean, or the "
                    f"file hold class ids, grey or paletted"
                )
            return self._colours.decode(path)
        ids = read_ids(path)
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
