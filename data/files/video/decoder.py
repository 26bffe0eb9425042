"""Video files and network streams, decoded through PyAV.

The values in a header are hints only: the frame rate is computed from the times of the
frames, and the video ends with the last frame that can be decoded.
"""

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import dropwhile, islice
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition

from data.files.images import MAX_PIXELS, size_text
from data.files.listing import is_url
from data.files.video.damage import Damage
from data.files.video.frame_stream import (
    FROM_THE_BEGINNING,
    FrameStream,
    OnBroken,
    Start,
)
from data.files.video.sound import open_sound

_SECONDS_TO_ANSWER = 20.0  # of a server, before it is given up
# Pictures stored in a file together with a video, such as the cover of a film.
_PICTURES = (
    Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
)
HIGHEST_RATE = 1000  # frames per second; what a header says beyond is an error


def open_video_file(
    source: str,
    start: Start = FROM_THE_BEGINNING,
    on_broken: OnBroken | None = None,
    with_sound: bool = False,
) -> FrameStream:
    """Opens a video file, a pipe or a URL, and decodes its first frame.

    Rotated videos come upright. Frames that cannot be decoded are left out.

    Args:
        source: Path or URL.
        start: The first frame to give; the first one from its time on.
        on_broken: Called with an error for every frame that cannot be decoded, or only
            in parts, and if the file breaks off; by default a warning at the end sums
            them up.
        with_sound: Whether to give the sound as well; only files and `http` have it.

    Raises:
        ValueError: If it cannot be opened, or no frame can be decoded, or it ends
            before `start`; while iterating, if the size of the frames changes.

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
        damage = Damage(source, on_broken)
        damage.is_silent = bool(start)
        frames = _from_start(
            _decode(container, stream, damage),
            start,
            _seek(container, stream, start),
        )
        try:
            first = next(frames)
        except StopIteration:
            raise ValueError(f"{source} ends before {_text(start)}") from None
        damage.is_silent = False
        sound = _sound(source, first) if with_sound else None
    except BaseException:
        container.close()
        raise
    fps = float(rate) if rate and 0 < rate <= HIGHEST_RATE else None
    if num_frames and start:
        num_frames -= start.frame or round(start.seconds * (fps or 0))
    return FrameStream(
        timed_frames=_with_times(first, frames, source),
        size=_upright(first).shape[:2],
        fps=fps,
        num_frames=num_frames and max(num_frames, 1),
        sound=sound,
    )


def count_frames(file: Path) -> int:
    """How many frames a video file holds, without decoding them.

    Raises:
        ValueError: If it cannot be opened as a video.
    """
    with _open(str(file)) as container:
        index = _video_stream(container, str(file)).index
    return _rate_and_count(str(file), index, None)[1]


def _seek(container, stream, start):
    """Goes to a frame before `start`; returns the time of the start, None if at 0."""
    if not start.seconds:
        return None
    origin = float((stream.start_time or 0) * stream.time_base)
    with suppress(av.FFmpegError):  # a pipe: everything before is decoded
        container.seek(
            round((origin + start.seconds) / stream.time_base), stream=stream
        )
    return origin + start.seconds


def _from_start(frames, start, seconds):
    """The frames from `start` on; `seconds` is its time as the file counts it."""
    frames = islice(frames, start.frame, None)
    if seconds is None:
        return frames
    # Times are rounded to the unit of the file.
    return dropwhile(
        lambda frame: frame.time is not None and frame.time < seconds - 1e-3, frames
    )


def _text(start):
    if start.frame:
        return f"frame {start.frame}, counted from 0"
    return f"second {start.seconds:g}"


def _sound(source, first):
    """The sound of a file from its video frame `first` on."""
    if is_url(source):
        if not source.lower().startswith("http"):
            return None  # a live stream has no second reader at the same place
    elif not Path(source).is_file():
        return None
    container = _open(source)
    if first.time is None:
        return None
    return open_sound(container, first.time)


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


def _decode(container, stream, damage) -> Iterator[av.VideoFrame]:
    """Yields the frames that can be decoded and closes the container.

    Raises ValueError if there is none, and reports what is missing.
    """
    listed = len(stream.index_entries)  # in the file's own index, if it has one
    packets = 0
    sought = False
    try:
        for packet in _packets(container, stream):
            if packet is None:  # reading failed
                damage.breaks_off = True
                break
            packets += bool(packet.size)
            sought |= packets == 1 and packet.pts != stream.start_time
            damage.breaks_off |= packet.is_corrupt
            try:
                frames = packet.decode()
            except av.FFmpegError:
                damage.add_missing()
                continue
            for frame in frames:
                damage.add_frame(frame)
                yield frame
    finally:
        container.close()
    damage.breaks_off |= not sought and packets < listed
    damage.sum_up()


def _packets(container, stream):
    """Yields the packets of a stream, and None last if reading ends with an error."""
    try:
        yield from container.demux(stream)
    except av.FFmpegError:
        yield None


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
