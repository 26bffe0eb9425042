"""Segmenting a stream of frames with a trained network."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from lstm_icnet.deployment.label_drawing import draw_labels, enlarge_labels
from lstm_icnet.deployment.open_network import open_network
from lstm_icnet.deployment.state_alignment import StateAligner
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.smoothing import make_smoother


class VideoSegmenter:
    """Segments frames, clips or whole videos of any size with a trained network.

    The state of the recurrent cells is carried from frame to frame until `reset`, or
    until the size of the frames changes. Frames are resized to the network's image
    size; its logits are resized to the frame's own size, and the largest is the label.

    One object holds the state of one video. Frames of several videos need an object for
    each; a call while another thread's call is running is refused.

    Args:
        network: Path of a `.keras` file, a workdir of `experiments.train` (its
            `last.keras` is taken) or an export folder (its `saved_model`); or an
            `ICNet`.
        smoothing: How a stream is smoothed, one of `lstm_icnet.smoothing.SMOOTHINGS`:
            "flow" mixes the logits of each frame with those before, moved along the
            optical flow; "none" leaves them alone. Clips are never smoothed.
        strength: Of the smoothing; its meaning and default depend on the smoother,
            see `lstm_icnet.smoothing`.
        allow_nonfinite: Whether weights may be NaN or infinite.
        align_states: Whether the states are moved along the optical flow from frame to
            frame; `None` to do what the network was trained with, as its file says;
            exports of older versions do not say it and count as not aligned.

    Attributes:
        classes: Names of the classes, or `None`.
        palette: RGB colours of the classes, or `None`.
        num_classes: Int.
        num_frames: Int, frames of a clip in training; 1 for ICNet.
        image_size: (height, width) that the network works at.

    Raises:
        FileNotFoundError: If there is nothing at the path, or no network in it.
        ValueError: If the file is none of ours, weights are not finite and this is not
            allowed, or the smoothing is unknown or not possible.
    """

    def __init__(
        self,
        network: str | Path | ICNet,
        smoothing: str = "none",
        strength: float | None = None,
        allow_nonfinite: bool = False,
        align_states: bool | None = None,
    ):
        self._smoother = make_smoother(smoothing, strength)
        self._network = open_network(network, allow_nonfinite)
        if self._smoother and not self._network.gives_logits:
            raise ValueError(
                f"{network} is an export of an older version without logits, which "
                f"`smoothing` needs; export the network again, or choose `smoothing` "
                f"none"
            )
        if align_states is None:
            align_states = self._network.align_states
        self._aligner = StateAligner() if align_states else None
        self._frame_size: tuple[int, int] | None = None
        self._states: dict | None = None
        self._lock = threading.Lock()

    classes = property(lambda self: self._network.classes)
    palette = property(lambda self: self._network.palette)
    num_classes = property(lambda self: self._network.num_classes)
    num_frames = property(lambda self: self._network.num_frames)
    image_size = property(lambda self: self._network.image_size)

    def reset(self) -> None:
        """Resets the state: the next frame is the first of a new video."""
        with self._in_one_thread():
            self._reset()

    def segment_frame(self, image: np.ndarray) -> np.ndarray:
        """The label map of the next frame of the stream.

        Args:
            image: uint8 RGB (height, width, 3).

        Returns:
            uint8 (height, width), class ids.

        Raises:
            ValueError: If the image has another shape.
            RuntimeError: If another thread is using this object.
        """
        size = _frame_size(image, 3)
        with self._in_one_thread():
            if size != self._frame_size:
                self._reset()
                self._frame_size = size
            if self._states is None:
                self._states = self._network.initial_state()
            if self._aligner is not None:
                self._states = self._aligner(self._states, image)
            maps, self._states = self._network.step(
                self._resized(image)[np.newaxis], self._states
            )
            if self._smoother is None:
                return self._label_map(maps[0], size)
            return self._label_map(self._smoother(maps[0], image), size)

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
        with self._in_one_thread():
            if self._aligner is not None:
                return self._label_map(self._aligned_clip(images, clip), size)
            return self._label_map(self._network.clip(clip[np.newaxis])[0], size)

    def segment_video(self, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Yields the label map of every frame of one video, from a zero state."""
        self.reset()
        for frame in frames:
            yield self.segment_frame(frame)

    def _aligned_clip(self, images, clip):
        """What the network gives for the last frame, step by step from a zero state."""
        states, aligner = self._network.initial_state(), StateAligner()
        for image, resized in zip(images, clip, strict=True):
            states = aligner(states, image)
            maps, states = self._network.step(resized[np.newaxis], states)
        return maps[0]

    def _reset(self):
        self._states = None
        if self._aligner is not None:
            self._aligner.reset()
        if self._smoother is not None:
            self._smoother.reset()

    @contextmanager
    def _in_one_thread(self):
        if not self._lock.acquire(blocking=False):
            raise RuntimeError(
                "Another thread is using this VideoSegmenter, which holds the state of "
                "one video; make one for each video"
            )
        try:
            yield
        finally:
            self._lock.release()

    def _label_map(self, found, size):
        if self._network.gives_logits:
            return draw_labels(found, size)
        return enlarge_labels(found, size)

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
