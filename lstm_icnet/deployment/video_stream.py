"""One stream of frames through an opened network."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from lstm_icnet.deployment.label_drawing import (
    draw_labels,
    draw_probabilities,
    enlarge_labels,
)
from lstm_icnet.deployment.open_network import OpenedNetwork
from lstm_icnet.deployment.state_alignment import Motions, StateAligner, run_frames
from lstm_icnet.deployment.video_frames import frames_of, in_groups
from lstm_icnet.smoothing import ScoreSmoother


class VideoStream:
    """Segments the frames of one video, one by one, with a state of its own.

    `VideoSegmenter` is a stream, and `VideoSegmenter.stream` makes more of them for
    other videos. Each can be used in a thread of its own; a call while another thread's
    call of the same stream is running is refused.

    The state of the recurrent cells is carried from frame to frame until `reset`, or
    until the size of the frames changes. Frames are resized to the network's image
    size; its logits are resized to the frame's own size, and the largest is the label.

    Args:
        network: The network; streams may share it.
        smoother: Smooths the logits of this stream, or `None`.
        aligner: Moves the states of this stream, or `None`.

    Attributes:
        classes: Names of the classes, or `None`.
        palette: RGB colours of the classes, or `None`.
        num_classes: Int.
        num_frames: Int, frames of a clip in training; 1 for ICNet.
        image_size: (height, width) that the network works at.
        frames_at_once: How many frames `segment_frames` best gets; 1 where several are
            no faster.
    """

    def __init__(
        self,
        network: OpenedNetwork,
        smoother: ScoreSmoother | None = None,
        aligner: StateAligner | None = None,
    ):
        self._opened: OpenedNetwork | None = network
        self._smoother = smoother
        self._aligner = aligner
        self._frame_size: tuple[int, int] | None = None
        self._states: dict | None = None
        self._lock = threading.Lock()

    classes = property(lambda self: self._network.classes)
    palette = property(lambda self: self._network.palette)
    num_classes = property(lambda self: self._network.num_classes)
    num_frames = property(lambda self: self._network.num_frames)
    image_size = property(lambda self: self._network.image_size)
    frames_at_once = property(lambda self: self._network.frames_at_once)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives the network and the state back; the stream cannot be used any more.

        Other streams of the same network can.
        """
        with self._in_one_thread():
            self._reset()
            self._opened = None

    def reset(self) -> None:
        """Resets the state: the next frame is the first of a new video."""
        with self._in_one_thread():
            self._reset()

    def segment_frame(self, image: np.ndarray, scores: bool = False) -> np.ndarray:
        """The label map of the next frame of the stream.

        Args:
            image: uint8 RGB (height, width, 3).
            scores: Whether to return class probabilities in place of labels.

        Returns:
            uint8 (height, width), class ids; with `scores` float32 (height, width,
            num_classes), probabilities, whose largest is the label.

        Raises:
            ValueError: If the image has another shape, or `scores` are asked of an
                export of an older version, which has labels only.
            RuntimeError: If another thread is using this object, or it is closed.
        """
        return self.segment_frames([image], scores)[0]

    def segment_frames(
        self, images: Sequence[np.ndarray], scores: bool = False
    ) -> list[np.ndarray]:
        """The label maps of the next frames of the stream, in less time.

        What `segment_frame` gives for one after the other. Most of the network runs on
        `frames_at_once` of them at once where the network can do so.

        Args:
            images: uint8 RGB (height, width, 3), each of any size.
            scores: See `segment_frame`.

        Raises:
            ValueError, RuntimeError: See `segment_frame`; if an image is wrong, nothing
                is segmented.
        """
        sizes = [_frame_size(image, 3) for image in images]
        with self._in_one_thread():
            if scores and not self._network.gives_logits:
                raise ValueError(
                    "This network is an export of an older version without logits, "
                    "which `scores` need; export the network again"
                )
            found: list[np.ndarray] = []
            for size, group in groupby(zip(sizes, images, strict=True), itemgetter(0)):
                if size != self._frame_size:
                    self._reset()
                    self._frame_size = size
                for some in in_groups(group, self.frames_at_once):
                    found += self._next_frames([x for _, x in some], size, scores)
            return found

    def segment_clip(self, images: np.ndarray) -> np.ndarray:
        """The label map of the last frame of a clip, from a zero state.

        Args:
            images: uint8 RGB (num_frames, height, width, 3).

        Returns:
            uint8 (height, width), class ids, not smoothed. The stream's state is not
            touched.

        Raises:
            ValueError: If the clip has another shape or number of frames.
        """
        size = _frame_size(images, 4)
        with self._in_one_thread():
            if len(images) != self.num_frames:
                raise ValueError(
                    f"A clip of this network has {self.num_frames} frames. Received: "
                    f"{len(images)} frames"
                )
            clip = np.stack([self._resized(image) for image in images])
            if self._aligner is not None:
                return self._drawn(self._aligned_clip(images, clip), size)
            return self._drawn(self._network.clip(clip[np.newaxis])[0], size)

    def segment_video(
        self, video: str | Path | Iterable[np.ndarray], scores: bool = False
    ) -> Iterator[np.ndarray]:
        """Yields what `segment_frame` gives for every frame of one video.

        Args:
            video: Path of a video file, or the frames of a video, uint8 RGB (height,
                width, 3). The state is reset before the first frame.
            scores: See `segment_frame`.

        Raises:
            FileNotFoundError: If there is no file at the path.
            ValueError: If the file is no video that can be decoded.
        """
        self.reset()
        # Those of an iterable may come from a camera and must not wait for others.
        at_once = self.frames_at_once if isinstance(video, str | Path) else 1
        for frames in in_groups(frames_of(video), at_once):
            yield from self.segment_frames(frames, scores)

    @property
    def _network(self) -> OpenedNetwork:
        if self._opened is None:
            raise RuntimeError(
                f"This {type(self).__name__} is closed; open the network again"
            )
        return self._opened

    def _next_frames(self, images, size, scores):
        """The label maps of up to `frames_at_once` frames of one size."""
        if self._states is None:
            self._states = self._network.initial_state()
        motions: list[Motions] = [{}] * len(images)
        if self._aligner is not None:
            motions = [self._aligner.motions(image, self._states) for image in images]
        # One frame is not copied.
        resized = [self._resized(image)[np.newaxis] for image in images]
        batch = resized[0] if len(resized) == 1 else np.concatenate(resized)
        batches, self._states = run_frames(self._network, batch, self._states, motions)
        if self._network.on_gpu and self._smoother is None and not scores:
            return [y for logits in batches for y in self._network.draw(logits, size)]
        found: Iterable = (maps for some in batches for maps in _as_arrays(some))
        if self._smoother is not None:
            found = map(self._smoother, found, images)
        return [self._drawn(maps, size, scores) for maps in found]

    def _aligned_clip(self, images, clip):
        """What the network gives for the last frame, step by step from a zero state."""
        states, aligner = self._network.initial_state(), StateAligner()
        for image, resized in zip(images, clip, strict=True):
            states = aligner(states, image)
            maps, states = self._network.step(resized[np.newaxis], states)
        return _as_arrays(maps)[0]

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
                f"Another thread is using this {type(self).__name__}, which holds the "
                f"state of one video; make a `stream` for each video"
            )
        try:
            yield
        finally:
            self._lock.release()

    def _drawn(self, found, size, scores=False):
        if scores:
            return draw_probabilities(found, size)
        if self._network.gives_logits:
            return draw_labels(found, size)
        return enlarge_labels(found, size)

    def _resized(self, image):
        height, width = self.image_size
        if image.shape[:2] == (height, width):
            return np.ascontiguousarray(image)
        return cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)


def _as_arrays(maps):
    """What a network gives, as arrays: label maps, or logits in full precision."""
    maps = np.asarray(maps)
    return maps if maps.dtype == np.uint8 else maps.astype(np.float32, copy=False)


def _frame_size(images, ndim):
    shape, dtype = np.shape(images), getattr(images, "dtype", None)
    if len(shape) != ndim or shape[-1] != 3 or 0 in shape or dtype != np.uint8:
        raise ValueError(
            f"Frames must be uint8 RGB, (height, width, 3). Received: shape={shape}, "
            f"dtype={dtype}"
        )
    return shape[-3:-1]
