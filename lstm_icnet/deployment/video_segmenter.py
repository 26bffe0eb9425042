"""Segmenting a stream of frames with a trained network."""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from lstm_icnet.deployment.open_network import open_network


class VideoSegmenter:
    """Segments frames, clips or whole videos of any size with a trained network.

    The state of the recurrent cells is carried from frame to frame until `reset`, or
    until the size of the frames changes. Frames are resized to the network's image
    size, and the label maps come in the frames' own size.

    Args:
        network: Path of a `.keras` file, a workdir of `experiments.train` (its
            `last.keras` is taken) or an export folder (its `saved_model`); or an
            `ICNet`.

    Attributes:
        classes: Names of the classes, or `None`.
        palette: RGB colours of the classes, or `None`.
        num_classes: Int.
        num_frames: Int, frames of a clip in training; 1 for ICNet.
        image_size: (height, width) that the network works at.

    Raises:
        FileNotFoundError: If there is nothing at the path, or no network in it.
        ValueError: If the file is none of ours.
    """

    def __init__(self, network):
        self._network = open_network(network)
        self._frame_size = None
        self._states = None

    classes = property(lambda self: self._network.classes)
    palette = property(lambda self: self._network.palette)
    num_classes = property(lambda self: self._network.num_classes)
    num_frames = property(lambda self: self._network.num_frames)
    image_size = property(lambda self: self._network.image_size)

    def reset(self) -> None:
        """Forgets the video so far; the next frame is the first of another."""
        self._states = None

    def segment_frame(self, image: np.ndarray) -> np.ndarray:
        """The label map of the next frame of the stream.

        Args:
            image: uint8 RGB (height, width, 3).

        Returns:
            uint8 (height, width), class ids.

        Raises:
            ValueError: If the image has another shape.
        """
        size = _frame_size(image, 3)
        if size != self._frame_size:
            self.reset()
            self._frame_size = size
        if self._states is None:
            self._states = self._network.initial_state()
        labels, self._states = self._network.step(
            self._resized(image)[np.newaxis], self._states, size
        )
        return labels[0]

    def segment_clip(self, images: np.ndarray) -> np.ndarray:
        """The label map of the last frame of a clip, from a zero state.

        Args:
            images: uint8 RGB (num_frames, height, width, 3).

        Returns:
            uint8 (height, width), class ids. The stream's state is not touched.

        Raises:
            ValueError: If the clip has another shape or number of frames.
        """
        size = _frame_size(images, 4)
        if len(images) != self.num_frames:
            raise ValueError(
                f"A clip of this network has {self.num_frames} frames. Received: "
                f"{len(images)} frames"
            )
        clip = np.stack([self._resized(image) for image in images])
        return self._network.clip(clip[np.newaxis], size)[0]

    def segment_video(self, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Yields the label map of every frame of one video, from a zero state."""
        self.reset()
        for frame in frames:
            yield self.segment_frame(frame)

    def _resized(self, image):
        height, width = self.image_size
        return cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)


def _frame_size(images, ndim):
    shape, dtype = np.shape(images), getattr(images, "dtype", None)
    if len(shape) != ndim or shape[-1] != 3 or 0 in shape or dtype != np.uint8:
        raise ValueError(
            f"Frames must be uint8 RGB, (height, width, 3). Received: shape={shape}, "
            f"dtype={dtype}"
        )
    return shape[-3:-1]
