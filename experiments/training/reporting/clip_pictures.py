"""Pictures of what a network makes of a few validation frames, one sheet for each."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from data.files.images import read_image
from data.labels.encodings import IGNORE_LABEL
from data.labels.palette import colourise, overlay
from data.readers.dataset_info import DatasetInfo
from data.videos.clips import Clip
from data.videos.read_clip import read_label
from experiments.presentation.flickering_video import (
    FLICKER_LEGEND,
    SCENE_LEGEND,
    FlickeringVideo,
)
from experiments.presentation.panel_sheet import Panel, panel_sheet

_WIDTH = 400  # of a panel, in pixels
_LETTERS_PER_PANEL = 22  # to be read in the small pictures of TensorBoard
_WRONG_COLOUR = (255, 0, 200)
_LEGEND = [
    ("wrong class", _WRONG_COLOUR),
    FLICKER_LEGEND,
    SCENE_LEGEND,
    ("no label", (0, 0, 0)),
]
_BRIGHTNESS = 0.5  # of the frame behind wrong pixels


def evenly_spread(items: Sequence, count: int) -> list:
    """At most `count` items: the middle ones of as many equal parts."""
    count = min(count, len(items))
    return [items[(2 * k + 1) * len(items) // (2 * count)] for k in range(count)]


def clip_sheet(
    stream: Clip,
    index: int,
    num_frames: int,
    info: DatasetInfo,
    segment_clip: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """A frame, its label, the prediction, its errors, and its flicker.

    Args:
        stream: Frames of a video.
        index: Number in the stream of the labelled frame that is drawn. Without a clip
            for the frame before it, no flicker is drawn.
        num_frames: Length of the clips of the network.
        info: Of the data set.
        segment_clip: Predicts the last frame of a clip, as
            `VideoSegmenter.segment_clip` does.

    Returns:
        uint8 RGB (height, width, 3), with captions, and a legend below.
    """
    first = max(index - num_frames, 0)
    images = [read_image(frame.image) for frame in stream.frames[first : index + 1]]
    flicker = FlickeringVideo()
    before = len(images) > num_frames
    if before:
        earlier = segment_clip(np.stack(images[:-1]))
        frame = stream.frames[index - 1]
        earlier_label = (
            read_label(stream.video, frame, images[-2]) if frame.label else None
        )
        flicker.draw(*_resized(images[-2], earlier, earlier_label))
    label = read_label(stream.video, stream.frames[index], images[-1])
    prediction = segment_clip(np.stack(images[-num_frames:]))
    small = _resized(images[-1], prediction, label)
    flicker_panel = Panel("flicker", flicker.draw(*small))
    if before:
        text = f"flicker: {flicker.mfip() / 10:.1f} % of pixels"
        flicker_panel = Panel(text, flicker_panel.picture)
    return _sheet(*small, flicker_panel, _title(stream, index), info)


def _title(stream, index):
    return f"{stream.video.name}, frame {stream.frames[index].name}"


def _resized(image, *label_maps):
    """All at the width of a panel; label maps by nearest neighbour."""
    height, width = image.shape[:2]
    size = _WIDTH, max(1, round(height * _WIDTH / width))
    shrinks = width > _WIDTH
    image = cv2.resize(
        image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_NEAREST
    )
    return image, *(
        None
        if labels is None
        else cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST)
        for labels in label_maps
    )


def _sheet(image, prediction, label, flicker, title, info):
    wrong = (prediction != label) & (label != IGNORE_LABEL)
    errors = np.repeat(image.mean(axis=-1, keepdims=True), 3, axis=-1) * _BRIGHTNESS
    errors = np.rint(errors).astype(np.uint8)
    errors[wrong] = _WRONG_COLOUR
    share = wrong.sum() / max(1, (label != IGNORE_LABEL).sum())
    rows = [
        [Panel("frame", image), Panel("label", colourise(label, info.palette))],
        [
            Panel("prediction", colourise(prediction, info.palette)),
            Panel(f"errors: {100 * share:.1f} % of pixels", errors),
        ],
        [
            Panel("prediction on frame", overlay(image, prediction, info.palette)),
            flicker,
        ],
    ]
    legend = [*zip(info.classes, info.palette, strict=True), *_LEGEND]
    return panel_sheet(rows, title, legend, _LETTERS_PER_PANEL)
