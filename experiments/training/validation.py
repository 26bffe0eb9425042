"""Scores and pictures of a network during its training."""

from collections.abc import Sequence

import numpy as np

from data.readers.dataset_info import DatasetInfo
from data.videos.clips import streams
from data.videos.video import Video
from experiments.scoring.evaluation import evaluate
from experiments.scoring.scores import Scores
from experiments.training.reporting.clip_pictures import clip_sheet, evenly_spread
from experiments.training.step.precision import FullPrecision
from lstm_icnet.deployment.video_segmenter import VideoSegmenter
from lstm_icnet.network.icnet_model import ICNet

_HISTORY = 4
_SHOWN_CLIPS = 3


class Validation:
    """Scores a network on fixed videos, clip by clip, and draws a few of them.

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
        self._shown = self._frames_to_show()
        if not self._shown:
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

    def pictures(self) -> dict[str, np.ndarray]:
        """The same few frames every time, each on a sheet of panels; see `clip_sheet`.

        Returns:
            uint8 RGB (height, width, 3) by "VIDEO frame NAME".
        """
        return {
            f"{stream.video.name} frame {stream.frames[index].name}": clip_sheet(
                stream,
                index,
                self._segmenter.num_frames,
                self._info,
                self._segmenter.segment_clip,
            )
            for stream, index in self._shown
        }

    def _frames_to_show(self):
        """Some of the frames that are scored, if possible with one more before them."""
        scored = [
            (stream, index)
            for stream in self._streams
            for index, frame in enumerate(stream.frames)
            if frame.label and index >= self._history - 1
        ]
        with_flicker = [pair for pair in scored if pair[1] >= self._history]
        return evenly_spread(with_flicker or scored, _SHOWN_CLIPS)


class ValidationOfCopy:
    """Scores a copy of the network, which takes over the weights each time.

    Args:
        validation: Of the copy.
        copy, network: Networks of the same shapes.
    """

    def __init__(self, validation: Validation, copy: ICNet, network: ICNet):
        self._validation = validation
        self._copy = copy
        self._network = network

    def scores(self) -> Scores:
        self._copy.set_weights(self._network.get_weights())
        return self._validation.scores()

    def pictures(self) -> dict[str, np.ndarray]:
        return self._validation.pictures()
