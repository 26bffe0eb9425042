"""Reads predictions, from label map files or video files in colours, as videos.

`predicted_videos` joins it with the labels, images and flow of `matched_frames`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from data.files.flow_file import read_flow
from data.files.images import exif_note, read_image, size_text
from data.files.listing import is_url
from data.files.read_ahead import read_ahead
from data.files.video.reader import read_frames
from data.labels.nearest_colours import NearestColours
from data.videos.frame_tree import FrameTree
from experiments.predictions.matched_by_name import MatchedFrame, MatchedStream
from experiments.predictions.segmented_video import SegmentedFrame, SegmentedVideo


class PredictedFiles:
    """Predictions in PNG files, one label map per frame.

    Args:
        root: Folder.
        encoding: `decode(path)` gives a label map.
    """

    def __init__(self, root: str, encoding):
        self.source = FrameTree(root, (".png",), "predictions")
        self._encoding = encoding

    def maps(self, paths: Sequence[str]) -> Iterator[np.ndarray]:
        """Yields the label maps of some frames, uint8 (height, width)."""
        return read_ahead(self._encoding.decode, paths)

    def title(self, path: str) -> str:
        """The name of a frame in errors."""
        return path


class PredictedVideo:
    """Predictions in a video file, in the colours of the classes.

    Args:
        path: The file.
        colours: The classes of the colours.
    """

    def __init__(self, path: str, colours: NearestColours):
        self.source = path
        self._colours = colours

    def maps(self, indices: Sequence[int]) -> Iterator[np.ndarray]:
        """Yields the label maps of some frames, uint8 (height, width)."""
        frames = frames_of_video(self.source, indices)
        return read_ahead(
            lambda pair: self._colours.decode(pair[1], self.title(pair[0])), frames
        )

    def title(self, index: int) -> str:
        """The name of a frame in errors."""
        return f"Frame {index} of {self.source}"


def predicted_videos(
    streams: Sequence[MatchedStream],
    system: PredictedFiles | PredictedVideo,
    index: int,
    image_video: str | None = None,
) -> dict[str, list[SegmentedVideo]]:
    """The predictions of one system, as streams by the name of the video.

    Args:
        streams: From `matched_frames`.
        system: The predictions.
        index: Index of the system in `MatchedFrame.predictions`.
        image_video: Video file with the images, if they are in one.
    """
    num_streams = Counter(stream.video for stream in streams)
    videos = defaultdict(list)
    for stream in streams:
        alone = num_streams[stream.video] == 1
        name = stream.video if alone else f"{stream.video}/{stream.frames[0].name}"
        read = partial(_read, stream, system, index, image_video)
        videos[stream.video].append(SegmentedVideo(name, len(stream.frames), read))
    return dict(videos)


def _read(stream, system, index, image_video, with_images) -> Iterator[SegmentedFrame]:
    handles = [frame.predictions[index] for frame in stream.frames]
    from_files = with_images and image_video is None
    rest = read_ahead(
        partial(_read_rest, stream.label_encoding, from_files), stream.frames
    )
    images = (None for _ in stream.frames)
    if with_images and image_video is not None:
        found = frames_of_video(image_video, [frame.image for frame in stream.frames])
        images = (image for _, image in found)
    predictions = system.maps(handles)
    for frame, handle, prediction, (label, image, flow), from_video in zip(
        stream.frames, handles, predictions, rest, images, strict=True
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
        raise ValueError(
            f"{title} is {size_text(prediction.shape)} and {what}, which belongs to "
            f"it, is {size_text(array.shape)}; they must be equally large"
            f"{exif_note(what) if isinstance(what, str) else ''}"
        )


def frames_of_video(path, indices) -> Iterator[tuple[int, np.ndarray]]:
    """Yields (index, uint8 RGB) of some frames of a video file; indices ascend."""
    wanted = set(indices)
    for index, frame in enumerate(read_frames(path)):
        if index in wanted:
            yield index, frame
        if index == indices[-1]:
            return


def is_video_file(source: str) -> bool:
    """Whether it is a file or a URL, which is read as a video, and not a folder."""
    return is_url(source) or Path(source).is_file()
