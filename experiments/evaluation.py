"""Scoring a network on videos: frame by frame, or each frame from its own clip."""

from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from tqdm import tqdm

from data.images import read_image
from data.read_clip import read_label
from data.streams import Stream
from lstm_icnet.flicker import ConfusionMatrix, FlickeringImagePixels, FlickeringPixels
from lstm_icnet.video_segmenter import VideoSegmenter

MODES = ("clip", "stream")


@dataclass(frozen=True)
class Scores:
    """What `evaluate` finds; `None` where there was nothing to measure.

    Attributes:
        accuracy: Percent of labelled pixels.
        mean_iou: Percent, over the classes that occur.
        mfp: Per mille of pixels, over pairs of consecutive labelled frames.
        mfip: Per mille of pixels, over the same pairs.
        per_class_iou: Percent by class name.
        num_frames: Frames scored.
        num_pairs: Pairs of consecutive frames scored.
    """

    accuracy: float | None
    mean_iou: float | None
    mfp: float | None
    mfip: float | None
    per_class_iou: dict[str, float | None]
    num_frames: int
    num_pairs: int

    def as_json(self) -> dict:
        return asdict(self)


def evaluate(
    segmenter: VideoSegmenter,
    streams: Sequence[Stream],
    classes: Sequence[str],
    mode: str = "clip",
    num_frames: int = 4,
    progress: bool = True,
) -> Scores:
    """Scores a network on every labelled frame that has enough history.

    A frame is scored if `num_frames - 1` frames of its stream lie before it, whether
    the network looks at them or not, so that all networks and both modes are scored on
    the same frames. Label maps are compared at the labels' own size.

    Args:
        segmenter: The network.
        streams: From `data.streams`.
        classes: Names of the data set's classes.
        mode: "clip", each frame from a clip of its own with a zero state (the
            paper), or "stream", the state carried through the video.
        num_frames: History, the frame itself counted in.
        progress: Whether to show a progress bar.

    Raises:
        ValueError: If the mode is unknown, the network has other classes or longer
            clips, or there is no frame to score.
    """
    _check(segmenter, classes, mode, num_frames)
    tally = _Tally(len(classes))
    total = sum(len(stream.frames) for stream in streams)
    with tqdm(
        total=total, unit="frame", desc=mode, disable=not progress, leave=False
    ) as bar:
        for stream in streams:
            tally.begin_stream()
            for frame in _predictions(segmenter, stream, mode, num_frames):
                tally.add(*frame)
                bar.update()
    if not tally.num_frames:
        raise ValueError(
            f"No labelled frame of these videos has {num_frames - 1} frames without a "
            f"gap before it, so there is nothing to score"
        )
    return tally.scores(classes)


class _Tally:
    """The metrics over all streams so far."""

    def __init__(self, num_classes):
        self.num_frames = 0
        self._confusion = ConfusionMatrix(num_classes)
        self._flicker = FlickeringPixels()
        self._image_flicker = FlickeringImagePixels()
        self._before = None

    def begin_stream(self):
        self._before = None

    def add(self, label, prediction):
        """The next frame of the stream; None and None where it is not scored."""
        if label is None:
            self._before = None
            return
        self.num_frames += 1
        self._confusion.update(label, prediction)
        if self._before is not None:
            labels, predictions = zip(self._before, (label, prediction), strict=True)
            self._flicker.update(np.stack(labels), np.stack(predictions))
            self._image_flicker.update(np.stack(predictions))
        self._before = label, prediction

    def scores(self, classes):
        per_class = self._confusion.per_class_iou()
        return Scores(
            accuracy=self._confusion.accuracy(),
            mean_iou=self._confusion.mean_iou(),
            mfp=self._flicker.result(),
            mfip=self._image_flicker.result(),
            per_class_iou=dict(zip(classes, per_class, strict=True)),
            num_frames=self.num_frames,
            num_pairs=self._image_flicker.num_pairs,
        )


def _check(segmenter, classes, mode, num_frames):
    if mode not in MODES:
        raise ValueError(f"`mode` must be one of {MODES}. Received: mode={mode!r}")
    if segmenter.num_classes != len(classes):
        raise ValueError(
            f"The network knows {segmenter.num_classes} classes and the data set has "
            f"{len(classes)}"
        )
    if mode == "clip" and segmenter.num_frames > num_frames:
        raise ValueError(
            f"`num_frames` must be at least the network's {segmenter.num_frames}. "
            f"Received: num_frames={num_frames}"
        )


def _predictions(segmenter, stream, mode, num_frames):
    """Yields (label, prediction) of every frame, both None where it is not scored."""
    segmenter.reset()
    clip = deque(maxlen=segmenter.num_frames)
    for index, frame in enumerate(stream.frames):
        image = read_image(frame.image)
        clip.append(image)
        scored = index >= num_frames - 1 and frame.label is not None
        prediction = None
        if mode == "stream":
            prediction = segmenter.segment_frame(image)
        elif scored:
            prediction = segmenter.segment_clip(np.stack(clip))
        if scored:
            yield read_label(stream.video, frame, image), prediction
        else:
            yield None, None
