"""Scores and pictures of a network during its training."""

from collections.abc import Sequence

import numpy as np

from data.files.images import read_image
from data.labels.palette import overlay
from data.readers.dataset_info import DatasetInfo
from data.videos.clips import streams
from data.videos.read_clip import read_label
from data.videos.video import Video
from experiments.scoring.evaluation import evaluate
from experiments.scoring.scores import Scores
from experiments.training.step.precision import FullPrecision
from lstm_icnet.deployment.video_segmenter import VideoSegmenter

_HISTORY = 4


class Validation:
    """Scores a network on fixed videos, clip by clip, and draws one of their frames.

    Args:
        model: The `ICNet` that is being trained.
        info: Of the data set.
        videos: Labelled videos.
        frame_stride: Distance of the frames of a clip, in stored frames.

    Raises:
        ValueError: If there is no frame to score; this is found before training.
    """

    def __init__(
        self, model, info: DatasetInfo, videos: Sequence[Video], frame_stride: int
    ):
        self._network = FullPrecision(model)
        self._segmenter = VideoSegmenter(self._network.model)
        self._info = info
        self._streams = streams(videos, frame_stride)
        self._history = max(_HISTORY, self._segmenter.num_frames)
        self._shown = self._labelled_frame()
        if self._shown is None:
            names = ", ".join(video.name for video in videos)
            raise ValueError(
                f"No labelled frame of the videos {names} has {self._history - 1} "
                f"frames at a stride of {frame_stride} without a gap before it, so "
                f"there is nothing to score during training; --val_split='' trains "
                f"without scores"
            )

    def scores(self) -> Scores:
        self._network.update()
        return evaluate(
            self._segmenter, self._streams, self._info.classes, "clip", self._history
        )

    def picture(self) -> np.ndarray:
        """A frame with the prediction and, beside it, with the label laid over it.

        Returns:
            uint8 RGB (height, 2 width, 3).
        """
        stream, index = self._shown
        first = index + 1 - self._segmenter.num_frames
        images = [read_image(f.image) for f in stream.frames[first : index + 1]]
        label = read_label(stream.video, stream.frames[index], images[-1])
        prediction = self._segmenter.segment_clip(np.stack(images))
        palette = self._info.palette
        pair = [overlay(images[-1], labels, palette) for labels in (prediction, label)]
        return np.hstack(pair)

    def _labelled_frame(self):
        """The middle one of the first stream that has one with enough history."""
        for stream in self._streams:
            scored = [
                index
                for index, frame in enumerate(stream.frames)
                if frame.label and index >= self._history - 1
            ]
            if scored:
                return stream, scored[len(scored) // 2]
        return None
