"""The predictions of a system as videos to be scored and drawn."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from data.flow_file import read_flow
from data.images import read_image
from experiments.matched_frames import MatchedFrame, Run
from experiments.predictions import PredictedFiles, PredictedVideo, frames_of_video
from experiments.read_ahead import read_ahead
from experiments.segmented_video import SegmentedFrame, SegmentedVideo


def predicted_videos(
    runs: Sequence[Run],
    system: PredictedFiles | PredictedVideo,
    index: int,
    image_video: str | None = None,
) -> dict[str, list[SegmentedVideo]]:
    """The runs of every video, by its name, as one system has predicted them.

    Args:
        runs: From `matched_frames`.
        system: The predictions.
        index: Of the system in the frames' `predictions`.
        image_video: Video file that the frames' images are in, if they are.
    """
    num_runs = Counter(run.video for run in runs)
    videos = defaultdict(list)
    for run in runs:
        alone = num_runs[run.video] == 1
        name = run.video if alone else f"{run.video}/{run.frames[0].name}"
        read = partial(_read, run, system, index, image_video)
        videos[run.video].append(SegmentedVideo(name, len(run.frames), read))
    return dict(videos)


def _read(run, system, index, image_video, with_images) -> Iterator[SegmentedFrame]:
    handles = [frame.predictions[index] for frame in run.frames]
    from_files = with_images and image_video is None
    rest = read_ahead(partial(_read_rest, run.label_encoding, from_files), run.frames)
    images = (None for _ in run.frames)
    if with_images and image_video is not None:
        found = frames_of_video(image_video, [frame.image for frame in run.frames])
        images = (image for _, image in found)
    predictions = system.maps(handles)
    for frame, handle, prediction, (label, image, flow), from_video in zip(
        run.frames, handles, predictions, rest, images, strict=True
    ):
        if image is None:
            image = from_video
        title = system.title(handle)
        for what, array in (
            (frame.label, label),
            (frame.image, image),
            (frame.flow, flow),
        ):
            if array is not None:
                _check_size(title, prediction, what, array)
        yield SegmentedFrame(frame.name, prediction, label, image, flow)


def _read_rest(label_encoding, with_image, frame: MatchedFrame):
    return (
        None if frame.label is None else label_encoding.decode(frame.label),
        read_image(frame.image) if with_image and frame.image is not None else None,
        None if frame.flow is None else read_flow(frame.flow),
    )


def _check_size(title, prediction: np.ndarray, what, array: np.ndarray) -> None:
    if prediction.shape != array.shape[:2]:
        ours, its = ("x".join(map(str, a.shape[:2])) for a in (prediction, array))
        raise ValueError(
            f"{title} is {ours} (height x width) and {what}, which belongs to it, is "
            f"{its}; they must be equally large"
        )
