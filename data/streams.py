"""Streams: all frames of a video, in order, at one constant stride."""

from collections.abc import Sequence
from dataclasses import dataclass

from data.video import Frame, Video


@dataclass(frozen=True)
class Stream:
    """`frames` of `video`, ascending at a constant stride, without a gap."""

    video: Video
    frames: tuple[Frame, ...]


def streams(videos: Sequence[Video], frame_stride: int = 1) -> list[Stream]:
    """Every frame of the videos once, in streams as long as can be.

    A gap in a video ends a stream. At a stride of n there are n streams side by side,
    each starting one stored frame after the other.

    Raises:
        ValueError: If `frame_stride` is not positive.
    """
    if frame_stride < 1:
        raise ValueError(
            f"`frame_stride` must be positive. Received: frame_stride={frame_stride}"
        )
    return [
        Stream(video, run[offset::frame_stride])
        for video in videos
        for run in video.unbroken_runs()
        for offset in range(min(frame_stride, len(run)))
    ]
