"""Temporal consistency (TC) of segmented video: predictions that follow the motion."""

import numpy as np

from lstm_icnet.confusion import ConfusionMatrix
from lstm_icnet.label_maps import as_videos

# Of images that DIS takes: in narrower ones it fails, or ends the whole process.
MIN_FLOW_SIDE = 16  # pixels


class TemporalConsistency:
    """TC, agreement of predictions along the optical flow, over any number of videos.

        W[t-1](p) = S[t](p + round(flow[t-1](p)))
        TC = mean IoU of W[t-1] against S[t-1], counted over all pairs (t-1, t)

    with S the predictions. In percent, in [0, 100], 100 where every class moves as the
    picture does. Like mFIP it needs no labels and says nothing about accuracy.

    Args:
        num_classes: Int in 1..255. Class ids are 0..num_classes-1.

    Source: Liu et al., "Efficient Semantic Video Segmentation with Per-frame
        Inference", ECCV 2020, and the VSPW benchmark.

    Departures: class ids are warped by nearest neighbour, as VSPW does, where the
        first authors' code interpolates between ids and so invents classes; a pixel
        whose source lies outside the frame, or whose flow is not finite, is left out,
        where both count it. Occlusions count. Values depend on the flow (FlowNet2
        and RAFT there, DIS or given files here): compare only what was measured with
        the same. The paper this project follows has no such metric.
    """

    def __init__(self, num_classes):
        self._matrix = ConfusionMatrix(num_classes, ignore_label=None)

    def update(self, predictions, flow):
        """Adds the pairs of a video.

        Args:
            predictions: Integer array `(time, height, width)`, or
                `(batch, time, height, width)` with pairs within each sample. Windows
                of one video overlap by a frame.
            flow: Float array `(time - 1, height, width, 2)`, or as many per sample:
                how far, in pixels to the right and down, each pixel of a frame has
                moved in the next one; from `dense_flow`, or from files, NaN where
                there is none.

        Raises:
            TypeError: If `predictions` holds no integers.
            ValueError: If the shapes do not fit, or a class id is not known.
        """
        shape = np.shape(predictions)
        (videos,) = as_videos(predictions)
        flow = np.asarray(flow)
        # (batch, time - 1, height, width, 2)
        expected = (*shape[:-3], max(shape[-3] - 1, 0), *shape[-2:], 2)
        if flow.shape != expected:
            raise ValueError(
                "`flow` must be (time - 1, height, width, 2), or as many per sample, "
                "for `predictions` of (time, height, width). "
                f"Received: shapes={flow.shape}, {shape}"
            )
        flow = flow.reshape(len(videos), *expected[-4:])
        for video, motion in zip(videos, flow, strict=True):
            for t in range(1, len(video)):
                warped, valid = warp(video[t], motion[t - 1])
                self._matrix.update(video[t - 1][valid], warped[valid])

    def merge(self, other):
        """Adds the pairs that another metric over the same classes has counted."""
        self._matrix.merge(other._matrix)

    def result(self):
        """TC in percent, `None` if no pixel has been counted."""
        return self._matrix.mean_iou()


def warp(frame, flow):
    """Brings a frame back to the time before it, by nearest neighbour.

    Args:
        frame: Array `(height, width, ...)`.
        flow: Float array `(height, width, 2)`, from the time before to `frame`, in
            pixels to the right and down.

    Returns:
        `(warped, valid)`: an array like `frame`, zero where there is no source, and a
        bool array `(height, width)`, false there.
    """
    height, width = flow.shape[:2]
    with np.errstate(invalid="ignore"):
        # The flow alone is rounded: the sum would depend on the precision.
        x = np.arange(width) + np.rint(flow[..., 0])
        y = np.arange(height)[:, np.newaxis] + np.rint(flow[..., 1])
        # False for NaN too.
        valid = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    warped = np.zeros_like(frame)
    warped[valid] = frame[y[valid].astype(np.intp), x[valid].astype(np.intp)]
    return warped, valid


def dense_flow(images):
    """Optical flow between consecutive frames, by OpenCV's DIS at medium quality.

    Args:
        images: uint8 RGB array `(time, height, width, 3)`, or a list of frames; height
            and width at least `MIN_FLOW_SIDE`.

    Returns:
        float32 array `(time - 1, height, width, 2)`, for `TemporalConsistency.update`.

    Raises:
        ValueError: If the images are smaller.

    Source: Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016.
    """
    import cv2

    estimator = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in images]
    height, width = grey[0].shape
    if min(height, width) < MIN_FLOW_SIDE:
        raise ValueError(
            f"Images must have at least {MIN_FLOW_SIDE} rows and columns. "
            f"Received: {height}x{width} (height x width)"
        )
    flow = np.empty((len(grey) - 1, height, width, 2), np.float32)
    for t in range(1, len(grey)):
        flow[t - 1] = estimator.calc(grey[t - 1], grey[t], None)
    return flow
