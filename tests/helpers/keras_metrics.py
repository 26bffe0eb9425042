"""The Keras metrics, their inputs and expected results, for every backend."""

from dataclasses import dataclass

import naive_metrics
import numpy as np
from naive_metrics import VOID

from lstm_icnet import flicker
from lstm_icnet.metrics.confusion import MeanIoU, PerClassIoU, PixelAccuracy
from lstm_icnet.metrics.consistency import TemporalConsistency, VideoConsistency
from lstm_icnet.metrics.flickering_pixels import FlickeringImagePixels, FlickeringPixels

NUM_CLASSES = 5
METRICS = {
    "accuracy": lambda: PixelAccuracy(NUM_CLASSES),
    "mean_iou": lambda: MeanIoU(NUM_CLASSES),
    "per_class_iou": lambda: PerClassIoU(NUM_CLASSES),
    "mfp": lambda: FlickeringPixels(),
    "mfp_by_prediction": lambda: FlickeringPixels("prediction"),
    "mfip": lambda: FlickeringImagePixels(),
    "tc": lambda: TemporalConsistency(NUM_CLASSES),
    "vc_2": lambda: VideoConsistency(2),
    "vc_8": lambda: VideoConsistency(),
}


@dataclass(frozen=True)
class Batch:
    """Label maps (batch, time, height, width) and flow of one frame less."""

    label: np.ndarray
    prediction: np.ndarray
    flow: np.ndarray

    def inputs(self, kind):
        """The arguments `y_true` and `y_pred` of a metric."""
        return self.flow if kind == "tc" else self.label, self.prediction

    def part(self, samples):
        return Batch(self.label[samples], self.prediction[samples], self.flow[samples])


def random_batch(rng, batch=4, time=9, height=6, width=7):
    """One class in neither map, one only predicted; changes are as rare as stays."""
    shape = (batch, time, height, width)
    label = rng.integers(0, NUM_CLASSES - 2, shape, dtype=np.uint8)
    prediction = rng.integers(0, NUM_CLASSES - 1, shape, dtype=np.int64)
    for maps in (label, prediction):
        for t in range(1, time):
            stay = rng.random(maps[:, t].shape) < 0.9
            maps[:, t][stay] = maps[:, t - 1][stay]
    label[rng.random(shape) < 0.05] = VOID
    label[0, 0] = VOID
    flow = rng.normal(0, 2, (batch, max(time - 1, 0), height, width, 2))
    flow[rng.random(flow.shape) < 0.2] = 0.5
    flow[rng.random(flow.shape) < 0.2] = -1.5
    flow[rng.random(flow.shape) < 0.05] = np.nan
    flow[rng.random(flow.shape) < 0.05] = np.inf
    return Batch(label, prediction, flow.astype(np.float32))


def numpy_result(kind, maps):
    """The metric of `lstm_icnet.flicker`, with 0 for nothing as in Keras."""
    label, prediction = maps.label, maps.prediction
    if kind == "mfip":
        return flicker.mfip(prediction) or 0
    if kind.startswith("mfp"):
        encoding = "prediction" if kind == "mfp_by_prediction" else "label"
        return flicker.mfp(label, prediction, encoding) or 0
    if kind == "tc":
        metric = flicker.TemporalConsistency(NUM_CLASSES)
        metric.update(prediction, maps.flow)
        return metric.result() or 0
    if kind.startswith("vc"):
        metric = flicker.VideoConsistency(int(kind[3:]))
        metric.update(label, prediction)
        return metric.result() or 0
    matrix = flicker.ConfusionMatrix(NUM_CLASSES)
    matrix.update(label, prediction)
    if kind == "per_class_iou":
        ious = matrix.per_class_iou()
        return {f"iou_{k}": iou or 0 for k, iou in enumerate(ious)}
    return getattr(matrix, kind)() or 0


def naive_result(kind, maps):
    """The loop over pixels, with 0 for nothing as in Keras."""
    videos = list(zip(maps.label, maps.prediction, strict=True))
    if kind == "mfip":
        return naive_metrics.mfip(videos) or 0
    if kind.startswith("mfp"):
        encoding = "prediction" if kind == "mfp_by_prediction" else "label"
        return naive_metrics.mfp(videos, encoding) or 0
    if kind == "tc":
        moving = zip(maps.prediction, maps.flow, strict=True)
        return naive_metrics.tc(moving, NUM_CLASSES) or 0
    if kind.startswith("vc"):
        return naive_metrics.vc(videos, int(kind[3:])) or 0
    pixels = naive_metrics.pixels(maps.label, maps.prediction)
    if kind == "per_class_iou":
        ious = naive_metrics.ious(pixels, NUM_CLASSES)
        return {f"iou_{k}": iou or 0 for k, iou in enumerate(ious)}
    if kind == "accuracy":
        return naive_metrics.accuracy(pixels) or 0
    return naive_metrics.mean_iou(pixels, NUM_CLASSES) or 0


def as_floats(result):
    if isinstance(result, dict):
        return {key: float(value) for key, value in result.items()}
    return float(result)
