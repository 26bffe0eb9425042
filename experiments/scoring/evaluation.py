"""Scores a network on videos, as a stream or with one clip for each frame."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from tqdm import tqdm

from data.files.images import read_image
from data.files.read_ahead import read_ahead
from data.labels.id_png import write_ids
from data.videos.clips import Clip
from data.videos.read_clip import read_label
from data.videos.video import Frame
from experiments.predictions.segmented_video import SegmentedFrame
from experiments.scoring.scores import Scores, ScoreSheet
from lstm_icnet.deployment.video_segmenter import VideoSegmenter

MODES = ("clip", "stream")


@dataclass(frozen=True)
class _Settings:
    """How frames are segmented, and which are scored: arguments of `evaluate`."""

    mode: str
    num_frames: int
    reset_every: int
    every_frame: bool


def evaluate(
    segmenter: VideoSegmenter,
    streams: Sequence[Clip],
    classes: Sequence[str],
    mode: str = "clip",
    num_frames: int = 4,
    progress: bool = True,
    reset_every: int = 0,
    every_frame: bool = False,
    with_tc: bool = False,
    on_prediction: Callable[[Clip, Frame, np.ndarray], None] | None = None,
) -> Scores:
    """Scores a network on every labelled frame that has enough history.

    A frame is scored if at least `num_frames - 1` frames of its stream come before it,
    even if the network does not use them, so that all networks and both modes are
    scored on the same frames. If no frame has a label, every frame with enough history
    is scored by the metrics that need none. Label maps are compared at the size of the
    labels.

    Args:
        segmenter: The network.
        streams: Streams of frames; those of one video must follow one another.
        classes: Names of the classes of the data set.
        mode: "clip", to predict each frame from its own clip with a zero initial state
            as in the paper, or "stream", to carry the state through the video.
        num_frames: Number of frames in the history, including the frame itself.
        progress: Whether to show a progress bar.
        reset_every: In a stream, number of frames after which the state is reset to
            zero; 0 for never.
        every_frame: Whether to score frames without a label as well, by mFIP and TC;
            with few labels there are no pairs of frames otherwise.
        with_tc: Whether to measure TC, for which optical flow is estimated.
        on_prediction: Called with each prediction that is scored.

    Raises:
        ValueError: If the mode is unknown, the network has another number of classes
            or longer clips, or there is no frame to score.
    """
    _check(segmenter, classes, mode, num_frames, reset_every)
    labelled = any(frame.label for stream in streams for frame in stream.frames)
    settings = _Settings(mode, num_frames, reset_every, every_frame or not labelled)
    sheet = ScoreSheet(classes, image_size=segmenter.image_size)
    total = sum(len(stream.frames) for stream in streams)
    with tqdm(
        total=total, unit="frame", desc=mode, disable=not progress or None, leave=False
    ) as bar:
        for name, group in groupby(streams, key=lambda stream: stream.video.name):
            with sheet.video(name) as tally:
                for stream in group:
                    for frame, found in _predictions(
                        segmenter, stream, settings, with_tc
                    ):
                        _tally(tally, stream, frame, found, on_prediction)
                        bar.update()
                    tally.end_stream()
    if not sheet.num_frames:
        raise ValueError(
            f"Nothing can be scored: no {'labelled ' if labelled else ''}frame of "
            f"these videos has {num_frames - 1} frames before it without a gap"
        )
    return sheet.scores()


def write_prediction(
    folder: Path, stream: Clip, frame: Frame, prediction: np.ndarray
) -> None:
    """Writes a prediction below `folder` as VIDEO/FRAME.png, a grey PNG of class ids.

    For `on_prediction`; `experiments.flicker` finds it there.
    """
    write_ids(folder / stream.video.name / f"{frame.name}.png", prediction)


def _check(segmenter, classes, mode, num_frames, reset_every):
    if mode not in MODES:
        raise ValueError(f"`mode` must be one of {MODES}. Received: mode={mode!r}")
    if reset_every < 0 or (reset_every and mode != "stream"):
        raise ValueError(
            "`reset_every` must be 0, or positive in mode 'stream', where there is a "
            f"state to reset. Received: reset_every={reset_every}, mode={mode!r}"
        )
    if segmenter.num_classes != len(classes):
        raise ValueError(
            f"The network has {segmenter.num_classes} classes, but the data set has "
            f"{len(classes)}"
        )
    if mode == "clip" and segmenter.num_frames > num_frames:
        raise ValueError(
            f"`num_frames` must be at least the network's {segmenter.num_frames}. "
            f"Received: num_frames={num_frames}"
        )


def _tally(tally, stream, frame, found, on_prediction):
    """Adds a segmented frame to a tally; `None` is a frame that is not scored."""
    if found is None:
        tally.end_stream()
        return
    try:
        tally.add(found)
    except ValueError as error:
        raise ValueError(f"{frame.image}: {error}") from None
    if on_prediction is not None:
        on_prediction(stream, frame, found.prediction)


def _predictions(segmenter, stream, settings, with_tc) -> Iterator:
    """Yields (frame, `SegmentedFrame`) for each frame; `None` if it is not scored."""
    segmenter.reset()
    clip = deque(maxlen=segmenter.num_frames)
    loaded = read_ahead(
        lambda item: _load(stream.video, *item), _scored(stream, settings)
    )
    for index, (frame, scored, image, label) in enumerate(loaded):
        clip.append(image)
        prediction = None
        if settings.mode == "stream":
            if settings.reset_every and index % settings.reset_every == 0:
                segmenter.reset()
            prediction = segmenter.segment_frame(image)
        elif scored:
            prediction = segmenter.segment_clip(np.stack(clip))
        if not scored:
            yield frame, None
            continue
        kept = image if with_tc else None
        yield frame, SegmentedFrame(frame.name, prediction, label, kept)


def _scored(stream, settings):
    """Pairs (frame, whether it is scored)."""
    return [
        (
            frame,
            index >= settings.num_frames - 1
            and (settings.every_frame or frame.label is not None),
        )
        for index, frame in enumerate(stream.frames)
    ]


def _load(video, frame, scored):
    """(frame, whether it is scored, image, label or `None`)."""
    image = read_image(frame.image)
    wanted = scored and frame.label is not None
    return frame, scored, image, read_label(video, frame, image) if wanted else None
