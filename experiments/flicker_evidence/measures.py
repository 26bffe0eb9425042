"""Metrics of logits on labelled videos, with or without smoothing."""

from collections.abc import Iterable, Sequence

import numpy as np

from experiments.flicker_evidence.moved_labels import add_moved
from experiments.flicker_evidence.scored_videos import ScoredVideo
from experiments.flicker_evidence.smoothings import NO_SMOOTHING, Smoothing
from experiments.predictions.segmented_video import SegmentedFrame
from experiments.scoring.tally import Tally
from lstm_icnet.deployment.label_drawing import draw_labels
from lstm_icnet.flicker.flickering_pixels import FlickeringPixels
from lstm_icnet.flicker.places import BORDER_DISTANCES, FlickerPlaces
from lstm_icnet.flicker.stale import StaleRate

HISTORY = 4  # number of the first frame that is scored, counted from 1
BORDER = 4  # pixels from a class border; the interior is further away


def measures(
    logits: Sequence[np.ndarray],
    videos: Sequence[ScoredVideo],
    num_classes: int,
    smoothing: Smoothing = NO_SMOOTHING,
) -> dict:
    """Accuracy, mIoU and flicker over all videos.

    Args:
        logits: Of each video (num_frames, grid height, grid width, num_classes).
        videos: The videos.
        num_classes: Number of classes.
        smoothing: Of the logits of each video.

    Returns:
        Percent (`accuracy`, `mean_iou`, `per_class_iou`, `tc`, `vc8`), per mille
        (`mfp`, `mfp_border`, `mfp_interior`, `mfp_moved`, `mfip`) and a share
        (`stale_rate`). `mfp_moved` is the mFP if the labels moved exactly with the
        image; see `add_moved`.
    """
    predictions = (
        label_maps(smoothed(x, video.images, smoothing), video.labels.shape[1:])
        for x, video in zip(logits, videos, strict=True)
    )
    return measures_of_maps(predictions, videos, num_classes)


def measures_of_maps(predictions, videos, num_classes: int) -> dict:
    """As `measures`, for label maps uint8 (num_frames, height, width) of each video."""
    tally, places = Tally(num_classes), FlickerPlaces(num_classes)
    stale, moved = StaleRate(), FlickeringPixels()
    for maps, video in zip(predictions, videos, strict=True):
        first = HISTORY - 1
        video = video.since(first)
        maps, labels = maps[first:], video.labels
        for t, (prediction, label) in enumerate(zip(maps, labels, strict=True)):
            flow = video.flow[t] if t < len(video.flow) else None
            tally.add(SegmentedFrame(str(t), prediction, label, None, flow))
        tally.end_stream()
        places.update(labels, maps)
        stale.update(labels, maps)
        add_moved(moved, maps, video)
    borders = places.result().borders
    near = np.array([*BORDER_DISTANCES, np.inf]) <= BORDER
    return {
        "accuracy": tally.confusion.accuracy(),
        "mean_iou": tally.confusion.mean_iou(),
        "mfp": tally.mfp.result(),
        "mfp_border": 1000 * borders.mfp[near].sum() / borders.pixels[near].sum(),
        "mfp_interior": 1000 * borders.mfp[~near].sum() / borders.pixels[~near].sum(),
        "mfp_moved": moved.result(),
        "mfip": tally.mfip.result(),
        "tc": tally.tc.result(),
        "vc8": tally.vc[8].result(),
        "stale_rate": stale.result(),
        "per_class_iou": list(tally.confusion.per_class_iou()),
    }


def smoothed(
    logits: np.ndarray, images: np.ndarray, smoothing: Smoothing
) -> Iterable[np.ndarray]:
    """Yields the smoothed logits of each frame of a video."""
    smoother = smoothing.new_smoother()
    for logit, image in zip(logits, images, strict=True):
        scores = np.asarray(logit, np.float32)
        yield smoother(scores, np.asarray(image)) if smoother else scores


def label_maps(logits: Iterable[np.ndarray], size: tuple[int, int]) -> np.ndarray:
    """Label maps (num_frames, *size) of logits, resized with aligned corners."""
    return np.stack([draw_labels(logit, size) for logit in logits])
