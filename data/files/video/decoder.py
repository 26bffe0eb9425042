"""Video files and network streams, decoded through PyAV.

The values in a header are hints only: the frame rate is computed from the times of the
frames, and the video ends with the last frame that can be decoded.
"""

import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition

from data.files.images import MAX_PIXELS, size_text
from data.files.listing import is_url

_SECONDS_TO_ANSWER = 20.0  # of a server, before it is given up
# Pictures stored in a file together with a video, such as the cover of a film.
_PICTURES = (
    Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
)
HIGHEST_RATE = 1000  # frames per second; what a header says beyond is an error


@dataclass(frozen=True)
class FrameStream:
    """The frames of a video, to be iterated over once.

    Attributes:
        timed_frames: Gives (seconds since the first frame, uint8 RGB frame of shape
            (height, width, 3)), decoded one at a time; None for seconds where a source
            has no times, as a folder or a camera.
        size: (height, width) of every frame.
        fps: Mean frames per second, None where it is not known, as in a folder.
        num_frames: How many frames there probably are, for a progress bar; None where
            it is not known. A damaged file holds fewer.
    """

    timed_frames: Iterator[tuple[float | None, np.ndarray]]
    size: tuple[int, int]
    fps: float | None
    num_frames: int | None

    def __iter__(self) -> Iterator[np.ndarray]:
        """The frames without their times."""
        return (frame for _, frame in self.timed_frames)


def open_video_file(source: str) -> FrameStream:
    """Opens a video file, a pipe or a URL, and decodes its first frame.

    Rotated videos come upright. Frames that cannot be decoded are left out.

    Raises:
        ValueError: If it cannot be opened, or no frame can be decoded; while iterating,
            if the size of the frames changes.

    Warns:
        RuntimeWarning: After the last frame, if the file breaks off or frames of it
            could not be decoded.
    """
    container = _open(source)
    try:
        stream = _video_stream(container, source)
        rate = stream.average_rate or stream.guessed_rate
        num_frames = stream.frames or None
        if not is_url(source) and Path(source).is_file():
            rate, num_frames = _rate_and_count(source, stream.index, rate)
        frames = _decode(container, stream, source)
        first = next(frames)
    except BaseException:
        container.close()
        raise
    return FrameStream(
        timed_frames=_with_times(first, frames, source),
        size=_upright(first).shape[:2],
        fps=float(rate) if rate and 0 < rate <= HIGHEST_RATE else None,
        num_frames=num_frames,
    )


def _open(source):
    # Without `file:`, FFmpeg takes the part of a name before a colon as a protocol.
    url, timeout = f"file:{source}", None
    options = {}
    if is_url(source):
        url, timeout = source, _SECONDS_TO_ANSWER
        if source.lower().startswith("rtsp"):
            options = {"rtsp_transport": "tcp"}  # UDP loses packets
    try:
        return av.open(url, timeout=timeout, options=options, metadata_errors="replace")
    except av.FFmpegError as error:
        if is_url(source):
            reason = str(error.strerror).lower()
            raise ValueError(
                f"{source} cannot be opened as a video: {reason}"
            ) from None
        raise ValueError(
            f"{source} cannot be read as a video: no frame can be decoded"
        ) from None


def _video_stream(container, source):
    """The video stream of the file; of several, the default one or the largest."""
    streams = [
        s
        for s in container.streams.video
        # Without a context there is no decoder.
        if not s.disposition & _PICTURES and s.codec_context is not None
    ]
    if not streams:
        raise ValueError(
            f"{source} cannot be read as a video: it holds no video stream "
            f"that can be decoded"
        )
    stream = max(
        streams,
        key=lambda s: (
            bool(s.disposition & Disposition.default),
            s.codec_context.width * s.codec_context.height,
        ),
    )
    height, width = stream.codec_context.height, stream.codec_context.width
    if height * width > MAX_PIXELS:
        raise ValueError(
            f"{source} cannot be read as a video: its {height}x{width} pixels are more "
            f"than the {MAX_PIXELS} that are allowed"
        )
    stream.thread_type = "AUTO"
    return stream


def _rate_and_count(
    source: str, index: int, hint: Fraction | None
) -> tuple[Fraction | None, int]:
    """Mean frames per second by the times of the packets, and how many there are.

    Nothing is decoded. `hint`, the rate in the header, is taken where the times agree
    with it as well as their own unit allows.
    """
    times, count = [], 0
    with _open(source) as container, suppress(av.FFmpegError):
        for packet in container.demux(container.streams[index]):
            if packet.size and not packet.is_discard:
                count += 1
                time = packet.dts if packet.pts is None else packet.pts
                times += [] if time is None else [time]
        unit = container.streams[index].time_base
    if len(times) < 2 or times[0] == times[-1]:
        return hint, count
    steps, span = len(times) - 1, max(times) - min(times)
    seconds = span * unit
    if hint and abs(steps / hint - seconds) <= unit:
        return hint, count
    return steps / seconds, count


def _decode(container, stream, source) -> Iterator[av.VideoFrame]:
    """Yields the frames that can be decoded and closes the container.

    Raises ValueError if there is none, and warns at the end if some are missing.
    """
    listed = len(stream.index_entries)  # in the file's own index, if it has one
    packets = decoded = damaged = damaged_at_end = mended = 0
    broken = False
    try:
        for packet in _packets(container, stream):
            if packet is None:  # reading failed
                broken = True
                break
            packets += bool(packet.size)
            broken |= packet.is_corrupt
            try:
                frames = packet.decode()
            except av.FFmpegError:
                damaged, damaged_at_end = damaged + 1, damaged_at_end + 1
                continue
            for frame in frames:
                decoded, damaged_at_end = decoded + 1, 0
                mended += frame.is_corrupt
                yield frame
    finally:
        container.close()
    if not decoded:
        raise ValueError(f"{source} cannot be read as a video: no frame can be decoded")
    if broken or packets < listed or damaged_at_end:
        _warn(f"{source} breaks off after {decoded} frames")
    elif damaged:
        _warn(
            f"{source} is damaged: {damaged} of its {damaged + decoded} frames cannot "
            f"be decoded"
        )
    elif mended:
        _warn(
            f"{source} is damaged: parts of {mended} of its {decoded} frames cannot be "
            f"decoded and are made up from other frames"
        )


def _packets(container, stream):
    """Yields the packets of a stream, and None last if reading ends with an error."""
    try:
        yield from container.demux(stream)
    except av.FFmpegError:
        yield None


def _warn(message):
    warnings.warn(message, RuntimeWarning, stacklevel=3)


def _with_times(first, rest, source):
    """Yields (seconds since the first frame or None, RGB frame)."""
    size = _upright(first).shape[:2]
    start = first.time
    frame = first
    number = 0
    while frame is not None:
        image = _upright(frame)
        if image.shape[:2] != size:
            raise ValueError(
                f"Frame {number} of {source} is {size_text(image.shape)}, but the "
                f"first frame is {size_text(size)}"
            )
        known = start is not None and frame.time is not None
        yield (frame.time - start if known else None), image
        frame = next(rest, None)
        number += 1


def _upright(frame: av.VideoFrame) -> np.ndarray:
    """A frame as RGB, turned by the quarter turns that its metadata ask for."""
    image = frame.to_ndarray(format="rgb24")
    quarters = round(frame.rotation / 90) % 4  # counterclockwise
    return np.ascontiguousarray(np.rot90(image, quarters)) if quarters else image
