"""Clips and streams: frames of one video at one constant stride, without a gap."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from data.videos.video import Frame, Video


@dataclass(frozen=True)
class Clip:
    """Frames of one video at one constant stride, without a gap.

    Attributes:
        video: The video.
        frames: Ascending in number.
    """

    video: Video
    frames: tuple[Frame, ...]


def clip_index(
    videos: Sequence[Video], num_frames: int, frame_stride: int = 1
) -> list[Clip]:
    """Every clip that ends with a labelled frame, in the order of videos and frames.

    A labelled frame ends a clip if there are enough frames before it without a gap.

    Args:
        videos: From a data set's `read_videos`.
        num_frames: Length of a clip.
        frame_stride: Distance of a clip's frames, in stored frames (in frame
            numbers: times the video's spacing).

    Raises:
        ValueError: If a number is not positive, or there is no clip at all.
    """
    for name, value in (("num_frames", num_frames), ("frame_stride", frame_stride)):
        if value < 1:
            raise ValueError(f"`{name}` must be positive. Received: {name}={value}")
    reach = (num_frames - 1) * frame_stride
    clips = [
        Clip(video, run[last - reach : last + 1 : frame_stride])
        for video in videos
        for run in video.unbroken_runs()
        for last in range(reach, len(run))
        if run[last].label is not None
    ]
    if not clips:
        raise ValueError(_why_no_clip(videos, num_frames, frame_stride))
    return clips


def _why_no_clip(videos, num_frames, frame_stride):
    if not any(frame.label for video in videos for frame in video.frames):
        return f"None of the {len(videos)} videos has a labelled frame to end a clip"
    runs = [(len(run), video) for video in videos for run in video.unbroken_runs()]
    longest, video = max(runs, key=lambda run: run[0])
    needed = (num_frames - 1) * frame_stride + 1
    frames, spacing = "1 frame", ""
    if longest > 1:
        frames = f"{longest} frames"
        spacing = f", whose frame numbers rise by {video.spacing}"
    return (
        f"No clip of {num_frames} frames at a stride of {frame_stride} fits: it needs "
        f"{needed} frames without a gap up to a labelled one, and the longest run "
        f"without a gap has {frames} (video {video.name}{spacing})"
    )


def streams(videos: Sequence[Video], frame_stride: int = 1) -> list[Clip]:
    """Every frame of the videos once, in clips that are as long as possible.

    A gap in a video ends a clip. At a stride of n, every run of frames without a gap
    gives n clips, which start one stored frame after the other.

    Raises:
        ValueError: If `frame_stride` is not positive.
    """
    if frame_stride < 1:
        raise ValueError(
            f"`frame_stride` must be positive. Received: frame_stride={frame_stride}"
        )
    return [
        Clip(video, run[offset::frame_stride])
        for video in videos
        for run in video.unbroken_runs()
        for offset in range(min(frame_stride, len(run)))
    ]


def spread_clips(
    runs: Sequence[Sequence[Any]], clip_frames: int, num_frames: int
) -> list[Sequence[Any]]:
    """Clips with about `num_frames` frames in all, evenly spread over `runs`.

    Args:
        runs: Frames that follow each other.
        clip_frames: Frames of a clip; the last of a run may be shorter.
        num_frames: How many frames, at least one clip; all where there are fewer.
    """
    clips = [
        run[start : start + clip_frames]
        for run in runs
        for start in range(0, len(run), clip_frames)
    ]
    wanted = min(len(clips), -(-num_frames // clip_frames))
    return [clips[i * len(clips) // wanted] for i in range(wanted)]
