"""Segmenting a video: reading, segmenting and writing overlap in three threads."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np
from absl import logging
from tqdm import tqdm

from data.files.video.frame_stream import FROM_THE_BEGINNING, Start
from data.files.video.reader import read_frames
from experiments.video_segmentation.in_thread import in_thread
from experiments.video_segmentation.outputs import Outputs
from experiments.video_segmentation.stop_signal import StopSignal
from experiments.video_segmentation.window import Window
from lstm_icnet.deployment.video_frames import in_groups
from lstm_icnet.deployment.video_segmenter import VideoSegmenter


@dataclass(frozen=True)
class Settings:
    """How a video is segmented.

    Attributes:
        kinds: What a folder gets, see `Outputs`.
        start: First frame to read.
        max_frames: Number of frames to stop after, all by default.
        reset_every: Number of frames after which the state is reset, 0 for never.
        stops_at_broken: Whether a frame that cannot be read whole ends the video; by
            default it is reported, and left out if nothing of it can be read.
        default_fps: Frames per second if the source has none.
        shows: Whether to open a window.
    """

    kinds: Sequence[str] = ()
    start: Start = FROM_THE_BEGINNING
    max_frames: int | None = None
    reset_every: int = 0
    stops_at_broken: bool = False
    default_fps: float = 25.0
    shows: bool = False


class BrokenFrameError(ValueError):
    """A frame of the source cannot be read whole."""


def segment(
    segmenter: VideoSegmenter,
    source: str,
    output: str | None,
    draw: Callable[[np.ndarray, np.ndarray], np.ndarray],
    settings: Settings = Settings(),
) -> int:
    """Segments a video as one stream and writes it with the classes drawn over it.

    SIGINT, SIGTERM and SIGHUP, a broken frame that ends the video and a closed window
    leave what was segmented until then, in files that are whole.

    Args:
        segmenter: The network.
        source: What `data.files.video.reader.read_frames` understands.
        output: What `Outputs` understands, with the times of the source's frames and
            its sound.
        draw: Makes the picture to write of a frame and its labels, such as
            `FrameDrawing.draw`.
        settings: See there.

    Returns:
        The number of frames written.

    Raises:
        FileNotFoundError, ValueError: If the source cannot be read or the output not
            be written.
        BrokenFrameError: After a broken frame, with `stops_at_broken`.
        SystemExit: After a signal, unless it is the usual end, as for a camera.
    """
    with StopSignal() as stop, ExitStack() as stack:
        window = stack.enter_context(Window(source)) if settings.shows else None
        video = read_frames(
            source, settings.start, _on_broken(settings), with_sound=output is not None
        )
        outputs = Outputs(output, settings.kinds, settings.default_fps, video)
        frames = in_thread(video.timed_frames, stop.event, newest=video.is_live)
        # A frame of a camera or of a network stream, which have no end, must not wait.
        at_once = segmenter.frames_at_once if video.num_frames else 1
        results = in_thread(_segmented(segmenter, frames, settings, at_once))
        total = min(filter(None, (video.num_frames, settings.max_frames)), default=None)
        bar = stack.enter_context(
            tqdm(total=total, unit=" frames", desc="segment", disable=None)
        )
        written, broken = 0, None
        stack.enter_context(closing(results))
        with outputs:
            try:
                for seconds, image, labels in results:
                    _put(outputs, window, stop, draw, seconds, image, labels)
                    written += 1
                    bar.update()
            except BrokenFrameError as error:
                broken = error
                if not written:
                    raise
            if not written:
                stop.leave()
    if broken is not None:
        raise BrokenFrameError(f"{broken}; {_before(written, output)}")
    if stop.received is not None and not video.is_live:
        logging.warning("Stopped by %s", stop.received.name)
        print(_before(written, output))
        stop.leave()
    return written


def _before(written, output):
    frames = "1 frame was" if written == 1 else f"{written} frames were"
    return f"{frames} segmented before{f', into {output}' if output else ''}"


def _segmented(segmenter, frames, settings, at_once) -> Iterator:
    """Yields (seconds, frame, labels); `at_once` frames are segmented together."""
    with closing(frames):
        limited = islice(frames, settings.max_frames)
        for video in _videos(limited, settings.reset_every):
            segmenter.reset()
            for group in in_groups(video, at_once):
                images = [image for _, image in group]
                labels = segmenter.segment_frames(images)
                for (seconds, image), found in zip(group, labels, strict=True):
                    yield seconds, image, found


def _videos(frames, reset_every) -> Iterator[Iterator]:
    """The frames in runs of `reset_every`, or all of them in one run."""
    if not reset_every:
        yield frames
        return
    for first in frames:
        yield chain([first], islice(frames, reset_every - 1))


def _on_broken(settings):
    def report(error):
        if settings.stops_at_broken:
            raise BrokenFrameError(str(error)) from None
        logging.warning("%s", error)

    return report


def _put(outputs, window, stop, draw, seconds, image, labels):
    """Draws one frame, writes it and shows it."""
    picture = None
    if outputs.needs_pictures or window:
        picture = draw(image, labels)
    outputs.write(picture, labels, seconds)
    if window is not None:
        window.show(picture)
        if window.is_closed:
            stop.event.set()
