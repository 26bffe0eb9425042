"""The augmentation of the paper: one random scale, flip and crop for a whole clip."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from data.files.images import resize_image
from data.labels.encodings import IGNORE_LABEL, resize_label


@dataclass(frozen=True)
class Augmentation:
    """Ranges of the random changes of a clip, and the size of the result.

    Attributes:
        image_size: (height, width) of the result.
        min_scale: Smallest scale. At scale 1 the whole frame fills the result. At 0.5
            it fills half of the height and width, and the rest is padding. At 2 a crop
            of half the height and width of the frame fills the result.
        max_scale: Largest scale.
        flip: Whether half of the clips are mirrored left to right.
        padding_rgb: Colour around images that are scaled down. The mean colour of the
            data set becomes zeros in the network, which subtracts it. Labels are
            padded with 255.
    """

    image_size: tuple[int, int]
    min_scale: float = 0.5
    max_scale: float = 2.0
    flip: bool = True
    padding_rgb: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self):
        if min(self.image_size) < 1:
            raise ValueError(
                f"`image_size` must be positive. Received: image_size={self.image_size}"
            )
        if not 0 < self.min_scale <= self.max_scale:
            raise ValueError(
                f"`min_scale` must be positive and at most `max_scale`. Received: "
                f"min_scale={self.min_scale}, max_scale={self.max_scale}"
            )


class Images(Protocol):
    """The frames of one clip: iterable, and with a length."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[np.ndarray]: ...


@dataclass(frozen=True)
class _View:
    """A rectangle of the source, which is resized to a rectangle of the result."""

    source: tuple[slice, slice]
    target: tuple[slice, slice]
    mirrored: bool

    def paint(
        self,
        source: np.ndarray,
        resize: Callable[..., np.ndarray],
        padding: np.ndarray | int,
        result: np.ndarray,
    ) -> None:
        """Fills `result` with the view of `source`, and with `padding` around it."""
        shown, filled = source[self.source], result[self.target]
        if filled.shape != result.shape:
            result[...] = padding
        if self.mirrored:
            shown = cv2.flip(shown, 1)
        resize(shown, filled.shape[:2], out=filled)


def augment_clip(
    images: Images,
    labels: np.ndarray,
    augmentation: Augmentation,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """One random view of a clip, the same for all its frames and labels.

    The frames are cropped before they are resized, so that only pixels of the result
    are computed.

    Args:
        images: Frames, each uint8 RGB (source height, source width, 3); each one is
            processed before the next one is read.
        labels: uint8 (source height, source width), of the last frame; or (num_frames,
            source height, source width), of every frame.
        augmentation: What may happen.
        rng: For scale, flip and crop.

    Returns:
        Images uint8 (num_frames, height, width, 3), bilinear, and labels uint8
        (height, width) or (num_frames, height, width), nearest, padded with 255.
    """
    size = augmentation.image_size
    view = _random_view(labels.shape[-2:], augmentation, rng)
    padding = np.rint(augmentation.padding_rgb).astype(np.uint8)
    row = np.tile(padding, (size[1], 1))  # copying rows is faster than pixels
    result = empty_for_tensorflow((len(images), *size, 3))
    for image, painted in zip(images, result, strict=True):
        view.paint(image, resize_image, row, painted)
    painted_labels = np.empty((*labels.shape[:-2], *size), np.uint8)
    for label, painted in zip(_maps(labels), _maps(painted_labels), strict=True):
        view.paint(label, resize_label, IGNORE_LABEL, painted)
    return result, painted_labels


def _maps(labels):
    """The label maps in (height, width) or (num_frames, height, width), as views."""
    return labels.reshape(-1, *labels.shape[-2:])


def _random_view(source_size, augmentation, rng):
    scale = rng.uniform(augmentation.min_scale, augmentation.max_scale)
    mirrored = augmentation.flip and rng.random() < 0.5
    spans = [
        _random_span(source, target, scale, rng)
        for source, target in zip(source_size, augmentation.image_size, strict=True)
    ]
    sources, targets = zip(*spans, strict=True)
    return _View(sources, targets, bool(mirrored))


def _random_span(source, target, scale, rng):
    """Along one axis: the slice of the source, and the slice of the result it fills."""
    shown = min(source, max(1, round(source / scale)))
    filled = min(target, max(1, round(target * scale)))
    first = int(rng.integers(source - shown + 1))
    offset = int(rng.integers(target - filled + 1))
    return slice(first, first + shown), slice(offset, offset + filled)


_ALIGNMENT = 64  # bytes, enough for Eigen on any processor


def empty_for_tensorflow(shape: tuple[int, ...]) -> np.ndarray:
    """An uninitialised uint8 array that starts at a multiple of 64 bytes.

    Arrays of NumPy start at multiples of 16. TensorFlow copies such an array when a
    `tf.numpy_function` returns it, which takes five milliseconds for a clip of four
    frames of 1024x2048.
    """
    size = math.prod(shape)
    memory = np.empty(size + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    return memory[start : start + size].reshape(shape)
