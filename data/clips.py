"""Clips: a few frames of one video at one constant stride, the last one labelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from data.video import Frame, Video


@dataclass(frozen=True)
class Clip:
    """`frames` of `video`, ascending at a constant stride; the last is labelled."""

    video: Video
    frames: tuple[Frame, ...]


def clip_index(
    videos: Sequence[Video], num_frames: int, frame_stride: int = 1
) -> list[Clip]:
    """Every clip of the videos, in the order of videos and frames.

    A labelled frame ends one clip if the frames before it reach back far enough
    without a gap, and none otherwise.

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
    return (
        f"No clip of {num_frames} frames at a stride of {frame_stride} fits: it needs "
        f"{needed} frames without a gap up to a labelled one, and the longest run "
        f"without a gap has {longest} frames (video {video.name}, where frames are "
        f"{video.spacing} frame numbers apart)"
    )


def select_videos(
    videos: Sequence[Video], only: Sequence[str] = (), skip: Sequence[str] = ()
) -> list[Video]:
    """The videos whose names match a pattern of `only` and none of `skip`.

    Args:
        videos: From a data set's `read_videos`.
        only: Shell patterns such as `0001/*`; none at all lets every video through.
        skip: Shell patterns.

    Raises:
        ValueError: If a pattern matches no video, or no video is left.
    """
    names = [video.name for video in videos]
    for pattern in (*only, *skip):
        if not any(fnmatchcase(name, pattern) for name in names):
            raise ValueError(
                f"The pattern {pattern!r} matches none of the videos {', '.join(names)}"
            )
    selected = [
        video
        for video in videos
        if (not only or _matches(video, only)) and not _matches(video, skip)
    ]
    if not selected:
        raise ValueError(
            f"No video is left of {', '.join(names)}: only={list(only)}, "
            f"skip={list(skip)}"
        )
    return selected


def _matches(video, patterns):
    return any(fnmatchcase(video.name, pattern) for pattern in patterns)
