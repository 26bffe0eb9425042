"""Temporal consistency (TC) and video consistency (VC_n) of segmented video."""

import numpy as np
from numpy.typing import ArrayLike

from lstm_icnet.flicker.confusion import ConfusionMatrix
from lstm_icnet.flicker.label_maps import IGNORE_LABEL, as_videos
from lstm_icnet.flicker.mean_of_shares import MeanOfShares
from lstm_icnet.flicker.optical_flow import warp


class TemporalConsistency:
    """TC, agreement of predictions along the optical flow, over any number of videos.

        W[t-1](p) = S[t](p + round(flow[t-1](p)))
        TC = mean IoU of W[t-1] against S[t-1], counted over all pairs (t-1, t)

    with S the predictions. In percent, in [0, 100], 100 where every class moves as the
    image does. Like mFIP, it needs no labels and says nothing about accuracy.

    Args:
        num_classes: Int in 1..255. Class ids are 0..num_classes-1.

    Source: Liu et al., "Efficient Semantic Video Segmentation with Per-frame
        Inference", ECCV 2020, and the VSPW benchmark.

    Departures: class ids are warped by nearest neighbour, as in VSPW; the first
        authors' code interpolates between ids and so creates wrong classes. A pixel
        whose source is outside the frame, or whose flow is not finite, is left out;
        both codes count it. Occluded pixels count. Values depend on the flow (FlowNet2
        and RAFT there, DIS or given files here): compare only values measured with the
        same flow. The paper this project follows has no such metric.
    """

    def __init__(self, num_classes: int):
        self._matrix = ConfusionMatrix(num_classes, ignore_label=None)

    def update(self, predictions: ArrayLike, flow: ArrayLike) -> None:
        """Adds the pairs of a video.

        Args:
            predictions: Integer array `(time, height, width)`, or
                `(batch, time, height, width)` with pairs within each sample. Windows
                of one video overlap by a frame.
            flow: Float array `(time - 1, height, width, 2)`, or
                `(batch, time - 1, height, width, 2)`: how far each pixel of a frame
                moves until the next one, in pixels to the right and down; from
                `dense_flow` or from files, NaN where it is unknown.

        Raises:
            TypeError: If `predictions` holds no integers.
            ValueError: If the shapes do not fit, or a class id is not known.
        """
        shape = np.shape(predictions)
        (videos,) = as_videos(predictions)
        motions = np.asarray(flow)
        # (batch, time - 1, height, width, 2)
        expected = (*shape[:-3], max(shape[-3] - 1, 0), *shape[-2:], 2)
        if motions.shape != expected:
            raise ValueError(
                "`flow` must be (time - 1, height, width, 2) for `predictions` of "
                "(time, height, width), with a batch axis in front if they have one. "
                f"Received: shapes={motions.shape}, {shape}"
            )
        motions = motions.reshape(len(videos), *expected[-4:])
        for video, motion in zip(videos, motions, strict=True):
            for t in range(1, len(video)):
                warped, valid = warp(video[t], motion[t - 1])
                self._matrix.update(video[t - 1][valid], warped[valid])

    def merge(self, other: "TemporalConsistency") -> None:
        """Adds the pairs that another metric over the same classes has counted."""
        self._matrix.merge(other._matrix)

    def result(self) -> float | None:
        """TC in percent, `None` if no pixel has been counted."""
        return self._matrix.mean_iou()


class VideoConsistency(MeanOfShares):
    """VC_n, how many pixels with a constant label have a constant prediction.

        VC_n = mean over windows of n frames of 100 * |P and G| / |G|

    with G the pixels whose label is the same in all n frames of a window, and P those
    whose prediction is. In percent, in [0, 100], 100 being the best. All windows with a
    pixel in G have equal weight; a video of fewer than n frames has no window.

    Args:
        num_frames: n, at least 2; VC_8 and VC_16 are customary.
        ignore_label: Pixels with this label are never in G. `None` for no such label.

    Attributes:
        num_windows: Windows counted so far.

    Raises:
        ValueError: If `num_frames` is below 2.

    Source: Miao et al., "VSPW: A Large-scale Dataset for Video Scene Parsing in the
        Wild", CVPR 2021, as in its authors' code: the prediction must be constant,
        not correct.

    Departures: that code leaves out the last window of a video and counts ignored
        pixels.
        The paper this project follows has no such metric.
    """

    _scale = 100.0

    def __init__(self, num_frames: int = 8, ignore_label: int | None = IGNORE_LABEL):
        check_num_frames(num_frames)
        super().__init__()
        self.num_frames = num_frames
        self.ignore_label = ignore_label
        self._settings = (num_frames, ignore_label)

    @property
    def num_windows(self) -> int:
        """Windows counted so far."""
        return self._count

    def update(self, labels: ArrayLike, predictions: ArrayLike) -> None:
        """Adds the windows of a video.

        Args:
            labels, predictions: Integer arrays `(time, height, width)`, or
                `(batch, time, height, width)` with windows within each sample.
                Pieces of one video overlap by `num_frames - 1` frames.

        Raises:
            TypeError: If either array holds no integers.
            ValueError: If the shapes differ or have another number of axes.
        """
        for label, prediction in zip(*as_videos(labels, predictions), strict=True):
            for frame, label_stays, prediction_stays in zip(
                label, self._unchanged(label), self._unchanged(prediction), strict=True
            ):
                if self.ignore_label is not None:
                    label_stays &= frame != self.ignore_label
                both = np.count_nonzero(label_stays & prediction_stays)
                self._add(both, np.count_nonzero(label_stays))

    def _unchanged(self, video):
        """Yields, per frame, where the last `num_frames` frames are all the same."""
        # For how many frames each pixel has been the same, including this one. Cut at
        # `num_frames`, so that it fits in a small, fast type.
        run = np.zeros(video.shape[1:], np.min_scalar_type(self.num_frames))
        for t, frame in enumerate(video):
            run *= frame == video[max(t - 1, 0)]
            run += run < self.num_frames
            yield run >= self.num_frames


def check_num_frames(num_frames: int) -> None:
    """Raises a `ValueError` for fewer than two frames."""
    if num_frames < 2:
        raise ValueError(
            f"`num_frames` must be at least 2. Received: num_frames={num_frames}"
        )
