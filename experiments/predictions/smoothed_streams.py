"""The same predictions, smoothed along the optical flow while they are read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from experiments.predictions.segmented_video import SegmentedFrame, SegmentedVideo
from lstm_icnet.smoothing import LabelSmoother


def smoothing_strengths(values: Sequence[str]) -> list[float]:
    """The values of --curve as numbers, in ascending order.

    Raises:
        ValueError: If one is not a number above 0 and below 1, or occurs twice.
    """
    try:
        strengths = sorted(map(float, values))
    except ValueError:
        strengths = [-1.0]
    are_different = len(set(strengths)) == len(strengths)
    if not are_different or not all(0 < strength < 1 for strength in strengths):
        raise ValueError(
            f"--curve must be different numbers above 0 and below 1, separated by "
            f"commas. Received: {','.join(values)}"
        )
    return strengths


def smoothed_streams(
    videos: Mapping[str, Sequence[SegmentedVideo]], strength: float
) -> dict[str, list[SegmentedVideo]]:
    """The streams of every video, each smoothed on its own.

    Args:
        videos: Streams (frames without a gap) by the name of the video.
        strength: See `LabelSmoother`.
    """
    return {
        name: [replace(s, read=partial(_read, s, strength)) for s in streams]
        for name, streams in videos.items()
    }


def _read(
    stream: SegmentedVideo, strength: float, with_images: bool
) -> Iterator[SegmentedFrame]:
    smoother = LabelSmoother(strength)
    for frame in stream.read(True):  # the smoother needs images in any case
        if frame.image is None:
            raise ValueError(
                f"Video {stream.name}, frame {frame.name}: --curve needs an image of "
                f"every frame; pass --images or --dataset"
            )
        smoothed = smoother(frame.prediction, frame.image)
        yield replace(frame, prediction=smoothed)
