"""How label PNGs become maps of class ids."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from data.files.images import ImagePath, decode_image
from data.labels.id_png import decode_ids, has_palette_of, read_label_bytes

IGNORE_LABEL = 255
NOT_ALLOWED = -1


class IndexEncoding:
    """Single-channel PNGs that hold ids: grey, or the indices of a palette.

    Args:
        table: For each id from 0, its class (0..254, 255 ignored) or `NOT_ALLOWED`; ids
            beyond its end are not allowed either.
        colours: What the colours of the classes mean, if they are known: a paletted
            PNG whose palette consists of them is read by its colours.
    """

    def __init__(self, table: Sequence[int], colours: "ColourEncoding | None" = None):
        if len(table) > 256:
            raise ValueError(
                f"`table` must hold at most 256 ids. Received: {len(table)} ids"
            )
        self._classes = np.full(256, NOT_ALLOWED, np.int16)
        self._classes[: len(table)] = table
        self._all_allowed = bool((self._classes != NOT_ALLOWED).all())
        self._lookup = self._classes.astype(np.uint8)
        self._colours = colours

    def decode(self, path: ImagePath) -> np.ndarray:
        """The label map at `path`, uint8 (height, width), ignored pixels 255.

        Raises:
            FileNotFoundError: If there is no file at `path`.
            ValueError: If it is not a lossless 8-bit single-channel image, or holds
                an id that is not allowed.
        """
        encoded = read_label_bytes(path)
        if self._colours is not None and self._colours.matches_palette(encoded):
            return self._colours.decode_image(decode_image(encoded, path), path)
        ids = decode_ids(encoded, path)
        if ids.ndim != 2 or ids.dtype != np.uint8:
            channels = 1 if ids.ndim == 2 else ids.shape[2]
            raise ValueError(
                f"{path} must be an 8-bit image with one channel of class ids; it "
                f"decodes to {channels} channels of {ids.dtype}"
            )
        if not self._all_allowed:
            self._check(ids, path)
        return cv2.LUT(ids, self._lookup)

    def _check(self, ids, path):
        present = np.flatnonzero(np.bincount(ids.ravel(), minlength=256))
        wrong = present[self._classes[present] == NOT_ALLOWED]
        if wrong.size:
            allowed = np.flatnonzero(self._classes != NOT_ALLOWED)
            raise ValueError(
                f"{path} holds the label value {wrong[0]}; the values allowed are "
                f"{_ranges(allowed)}"
            )


def ids_and_255(
    classes: Sequence[int], colours: "ColourEncoding | None" = None
) -> IndexEncoding:
    """Encoding with the ids 0, 1, ... for `classes`, and 255 for pixels of no class."""
    between = [NOT_ALLOWED] * (IGNORE_LABEL - len(classes))
    return IndexEncoding([*classes, *between, IGNORE_LABEL], colours)


class ColourEncoding:
    """True-colour PNGs in which every colour means a class.

    Args:
        classes: For each RGB colour, its class (0..254, 255 ignored); several
            colours may share a class.
        source: Where the colours are written down, named in errors.
    """

    def __init__(self, classes: Mapping[tuple[int, int, int], int], source: str):
        colours = np.array(list(classes), np.uint8).reshape(-1, 3)
        ids = np.fromiter(classes.values(), np.uint8, len(classes))
        codes = _codes(colours[np.newaxis])[0]
        order = np.argsort(codes)
        self._codes, self._ids = codes[order], ids[order]
        self._source = source
        self._known = frozenset(classes)

    def decode(self, path: ImagePath) -> np.ndarray:
        """The label map at `path`, uint8 (height, width), ignored pixels 255.

        Raises:
            FileNotFoundError: If there is no file at `path`.
            ValueError: If it cannot be read, is of a lossy format, or holds a colour
                without a class.
        """
        return self.decode_image(decode_image(read_label_bytes(path), path), path)

    def matches_palette(self, encoded: bytes) -> bool:
        """Whether a paletted PNG has a palette of these colours and no others."""
        return has_palette_of(encoded, self._known)

    def decode_image(self, image: np.ndarray, path: ImagePath) -> np.ndarray:
        """The classes of a uint8 RGB image (height, width, 3), as `decode` gives them.

        Raises:
            ValueError: If it holds a colour without a class, naming `path`.
        """
        codes = _codes(image)
        # Neighbours mostly share a colour: look up one pixel of every run of equals.
        flat = codes.ravel()
        starts = np.append(0, np.flatnonzero(flat[1:] != flat[:-1]) + 1)
        run_codes = flat[starts]
        rank = np.searchsorted(self._codes, run_codes)
        rank = np.minimum(rank, len(self._codes) - 1)
        unknown = np.flatnonzero(self._codes[rank] != run_codes)
        if unknown.size:
            self._refuse(path, starts[unknown[0]], codes)
        lengths = np.diff(starts, append=flat.size)
        return np.repeat(self._ids[rank], lengths).reshape(codes.shape)

    def _refuse(self, path, position, codes):
        row, column = np.unravel_index(position, codes.shape)
        code = int(codes[row, column])
        colour = (code >> 16 & 255, code >> 8 & 255, code & 255)
        raise ValueError(
            f"{path} holds the colour {colour} at row {row}, column {column}, which "
            f"{self._source} does not list"
        )


def resize_label(
    label: np.ndarray, size: tuple[int, int], out: np.ndarray | None = None
) -> np.ndarray:
    """`label` (height, width) at `size` (height, width), nearest pixel.

    Pixel centres are mapped as in `images.resize_image`, so that an image and its
    label stay aligned; `cv2.INTER_NEAREST` would be off by up to half a pixel. Written
    to `out`, if given.
    """
    height, width = size
    return cv2.resize(
        label, (width, height), out, interpolation=cv2.INTER_NEAREST_EXACT
    )


def _codes(rgb: np.ndarray) -> np.ndarray:
    """One uint32 per pixel of a uint8 RGB image: 255, red, green, blue."""
    bgra = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGRA)
    return bgra.view("<u4")[..., 0]


def _ranges(values: np.ndarray) -> str:
    """`0..11, 255` for the ascending values 0, 1, ..., 11, 255."""
    runs = np.split(values, np.flatnonzero(np.diff(values) > 1) + 1)
    return ", ".join(
        str(run[0]) if len(run) == 1 else f"{run[0]}..{run[-1]}" for run in runs
    )
