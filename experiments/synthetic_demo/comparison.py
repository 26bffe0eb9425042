"""ICNet and LSTM-ICNet side by side: a video, a picture and a report."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from data.files.images import read_image
from data.files.video.writer import VideoWriter
from data.labels.palette import colourise, overlay
from data.readers.dataset_info import DatasetInfo
from data.synthetic.imaging.camera import FRAMES_PER_SECOND
from data.videos.read_clip import read_label
from data.videos.video import Frame, Video
from experiments.flicker_report.figures import write_figures
from experiments.predictions.segmented_video import SegmentedFrame, SegmentedVideo
from experiments.presentation.film_strip import save_filmstrip
from experiments.presentation.flickering_video import (
    FLICKER_LEGEND,
    SCENE_LEGEND,
    FlickeringVideo,
)
from experiments.presentation.panel_sheet import Panel, panel_sheet
from experiments.scoring.scores import Scores
from lstm_icnet.deployment.video_segmenter import VideoSegmenter
from lstm_icnet.flicker import flickering_image_pixels, flickering_pixels, mfip, mfp

_VIDEO_TITLE = (
    "ICNet, and LSTM-ICNet smoothed along the optical flow, on a rendered video not in "
    "the training set"
)
_PICTURE_TITLE = (
    "Flicker of ICNet, which segments each frame by itself, of LSTM-ICNet, which "
    "remembers earlier frames, and of LSTM-ICNet smoothed along the optical flow, on a "
    "rendered video not in the training set. White: pixels where the predicted class "
    "(mFIP) or the error (mFP) differs from the previous frame."
)


def save_comparison_video(
    path: Path,
    segmenters: Mapping[str, VideoSegmenter],
    video: Video,
    info: DatasetInfo,
) -> None:
    """Segments a video as a stream and shows the networks and their flicker together.

    Above: the frame and the segmentation by each network. Below: the ground truth and
    the pixels whose class changed since the previous frame.

    Args:
        path: Video file.
        segmenters: By the name that is shown.
        video: A labelled video.
        info: Of the data set.
    """
    classes = zip(info.classes, info.palette, strict=True)
    legend = [FLICKER_LEGEND, SCENE_LEGEND, *classes]
    flickering = {name: FlickeringVideo() for name in segmenters}
    for segmenter in segmenters.values():
        segmenter.reset()
    with VideoWriter(path, FRAMES_PER_SECOND) as writer:
        for frame in tqdm(
            video.frames, unit="frame", desc="video", leave=False, disable=None
        ):
            image = read_image(frame.image)
            label = read_label(video, frame, image)
            above = [Panel("input video", image)]
            below = [Panel("ground truth", colourise(label, info.palette))]
            for name, segmenter in segmenters.items():
                prediction = segmenter.segment_frame(image)
                shown = overlay(image, prediction, info.palette, alpha=0.75)
                above.append(Panel(name, shown))
                changes = flickering[name].draw(image, prediction, label)
                below.append(Panel(flickering[name].caption(name), changes))
            writer.write(panel_sheet([above, below], _VIDEO_TITLE, legend))


def save_comparison_picture(
    path: Path,
    segmenters: Mapping[str, VideoSegmenter],
    video: Video,
    info: DatasetInfo,
    num_columns: int = 4,
) -> None:
    """Draws frames, labels, and each network's prediction and flickering pixels.

    Args:
        path: PNG file.
        segmenters: By the name that is shown. They segment the video as a stream.
        video: A labelled video of more than `num_columns` frames; the last ones of its
            first half are shown.
        info: Of the data set.
        num_columns: How many frames are shown.
    """
    # One more than is shown, since flicker is the difference to the previous frame.
    kept = num_columns + 1
    frames = video.frames[: max(len(video.frames) // 2, kept)]
    images = [read_image(frame.image) for frame in frames]
    pairs = [*zip(frames, images, strict=True)][-kept:]
    labels = np.stack([read_label(video, frame, image) for frame, image in pairs])
    rows = [("frame", images[-num_columns:]), ("ground truth", [*labels[1:]])]
    for name, segmenter in segmenters.items():
        predictions = [*segmenter.segment_video(images)][-kept:]
        rows += _rows_of_network(name, labels, np.stack(predictions))
    columns = [f"frame {frame.name}" for frame in frames[-num_columns:]]
    save_filmstrip(path, rows, info.classes, info.palette, _PICTURE_TITLE, columns)


def _rows_of_network(name, labels, predictions):
    """The prediction, and the flickering pixels by mFIP and by mFP with numbers."""
    pairs = [slice(t, t + 2) for t in range(len(labels) - 1)]
    by_mfip = [_per_mille(mfip(predictions[pair])) for pair in pairs]
    by_mfp = [_per_mille(mfp(labels[pair], predictions[pair])) for pair in pairs]
    return [
        (name, [*predictions[1:]]),
        (f"{name}: mFIP", [*flickering_image_pixels(predictions)], by_mfip),
        (f"{name}: mFP", [*flickering_pixels(labels, predictions)], by_mfp),
    ]


def _per_mille(value):
    return "" if value is None else f"{value:.0f} per mille of pixels"


class PredictionRecord:
    """Keeps all predictions of one network; `add` is `evaluate`'s `on_prediction`."""

    def __init__(self) -> None:
        self._predictions: dict[str, list[tuple[Frame, np.ndarray]]] = defaultdict(list)
        self._videos: dict[str, Video] = {}

    def add(self, stream, frame: Frame, prediction: np.ndarray) -> None:
        self._videos[stream.video.name] = stream.video
        self._predictions[stream.video.name].append((frame, prediction))

    def videos(self) -> list[SegmentedVideo]:
        """The videos with their predictions, as the report reads them."""
        return [
            SegmentedVideo(name, len(found), partial(_read, self._videos[name], found))
            for name, found in self._predictions.items()
        ]


def _read(video, predictions, with_images):
    for frame, prediction in predictions:
        image = read_image(frame.image)
        label = read_label(video, frame, image)
        yield SegmentedFrame(
            frame.name, prediction, label, image if with_images else None
        )


def save_report(
    folder: Path,
    predictions: Mapping[str, PredictionRecord],
    scores: Mapping[str, Scores],
    info: DatasetInfo,
) -> Path:
    """Writes the flicker report of some networks; returns its HTML file."""
    runs: dict[str, Sequence[SegmentedVideo]] = {
        name: record.videos() for name, record in predictions.items()
    }
    of_runs = {name: scores[name] for name in runs}
    command = "python -m experiments.demo"
    write_figures(
        folder, runs, of_runs, info.classes, info.palette, max_videos=1, command=command
    )
    return folder / "report.html"
