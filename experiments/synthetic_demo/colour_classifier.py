"""A classifier of single pixels by colour, the baseline on the synthetic video.

It uses only the colour of a pixel: RGB space is divided into cells, and each cell
predicts the class that was most frequent in it. If a network scores higher, it uses
shape, texture, position or context.
"""

from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

from data.files.images import read_image
from data.videos.read_clip import read_label
from data.videos.video import Video

BITS = 3  # per channel; the best of 3 to 6 on videos that it was not fitted to


class ColourClassifier:
    """The majority class of each quantised RGB cell.

    Args:
        num_classes: Number of classes, at most 255.
        bits: How many bits of each channel are kept, 1 to 8.
    """

    def __init__(self, num_classes: int, bits: int = BITS):
        self._num_classes = num_classes
        self._bits = bits
        self._counts = np.zeros((1 << 3 * bits, num_classes), np.int64)

    def fit(self, image, label):
        """Counts one more frame.

        Args:
            image: Uint8 `(..., 3)`, RGB.
            label: Uint8 `(...)`, classes; larger values (255) are left out.

        Returns:
            The classifier.
        """
        cells, label = self._cells(image).ravel(), np.asarray(label).ravel()
        valid = label < self._num_classes
        index = cells[valid] * self._num_classes + label[valid]
        counts = np.bincount(index, minlength=self._counts.size)
        self._counts += counts.reshape(self._counts.shape)
        return self

    def predict(self, image):
        """Returns the classes of `image`, uint8 `(..., 3)`, as uint8 `(...)`.

        A colour of a cell that was never seen gets the most frequent class of all.
        """
        answers = self._counts.argmax(axis=1).astype(np.uint8)
        answers[~self._counts.any(axis=1)] = self._counts.sum(axis=0).argmax()
        return answers[self._cells(image)]

    def _cells(self, image):
        image = np.asarray(image)
        if image.dtype != np.uint8 or image.shape[-1] != 3:
            raise ValueError(
                "The image must be uint8 with three channels last. "
                f"Received: dtype={image.dtype}, shape={image.shape}"
            )
        levels = image.astype(np.int64) >> (8 - self._bits)
        red, green, blue = np.moveaxis(levels, -1, 0)
        return (red << 2 * self._bits) | (green << self._bits) | blue


class ColourSegmenter:
    """The colour classifier with the interface of `VideoSegmenter`.

    Args:
        videos: Labelled videos, which it is fitted to.
        num_classes: Number of classes.
    """

    num_frames = 1
    image_size = None  # images of any size

    def __init__(self, videos: Sequence[Video], num_classes: int):
        self.num_classes = num_classes
        self._classifier = ColourClassifier(num_classes)
        frames = [(video, frame) for video in videos for frame in video.frames]
        for video, frame in tqdm(
            frames, unit="frame", desc="colours", leave=False, disable=None
        ):
            image = read_image(frame.image)
            self._classifier.fit(image, read_label(video, frame, image))

    def reset(self) -> None:
        """Does nothing: there is no state."""

    def segment_clip(self, images: np.ndarray) -> np.ndarray:
        """Class ids, uint8 (height, width), of the last of the images."""
        return self._classifier.predict(images[-1])
