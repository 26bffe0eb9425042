"""NumPy and Keras metrics, called with arrays by name as if they were a verb."""

import numpy as np
from absl import flags

from lstm_icnet import flicker, metrics

_METRIC = flags.DEFINE_string("metric", None, "LIBRARY.NAME, of `METRICS`.")
_ARRAYS = flags.DEFINE_string("arrays", None, "One of `ARRAYS`.")
SHAPE = (1, 3, 4, 5)  # batch, time, height, width
NUM_CLASSES = 3


def _maps(shape=SHAPE, dtype=np.int32, seed=0):
    return np.random.default_rng(seed).integers(0, NUM_CLASSES, shape).astype(dtype)


LABELS, PREDICTIONS = _maps(), _maps(seed=1)


def _with(value, dtype=np.int64):
    maps = _maps(dtype=dtype)
    maps[0, 0, 0, 0] = value
    return maps


# Labels and predictions that are not what a metric takes; all must be refused.
ARRAYS = {
    "an axis more": (LABELS, PREDICTIONS[..., np.newaxis]),
    "an axis less": (LABELS, PREDICTIONS[0]),
    "another size": (LABELS, PREDICTIONS[:, :, :-1]),
    "another time": (LABELS, PREDICTIONS[:, :-1]),
    "another batch": (LABELS, np.repeat(PREDICTIONS, 2, axis=0)),
    "sides turned": (LABELS, PREDICTIONS.swapaxes(2, 3)),
    "floats": (LABELS, PREDICTIONS / 2),
    "whole floats": (LABELS, PREDICTIONS.astype(np.float32)),
    "probabilities": (LABELS, np.ones((*SHAPE, NUM_CLASSES), np.float32) / 3),
    "float labels": (LABELS.astype(np.float32), PREDICTIONS),
    "complex": (LABELS, PREDICTIONS.astype(np.complex64)),
    "texts": (LABELS, PREDICTIONS.astype(str)),
    "objects": (LABELS, PREDICTIONS.astype(object)),
    "one frame's map": (LABELS[0, 0], PREDICTIONS[0, 0]),
    "numbers": (1, 1),
    "nothing": (np.zeros((0,), np.int32), np.zeros((0,), np.int32)),
    "lists that are ragged": ([[1, 2], [3]], [[1, 2], [3]]),
    "None": (None, PREDICTIONS),
    "a label of class 3": (_with(NUM_CLASSES), PREDICTIONS),
    "a negative label": (_with(-1), PREDICTIONS),
    "a label of 2**40": (_with(2**40), PREDICTIONS),
}


def _keras(metric):
    def update(labels, predictions):
        metric.update_state(labels, predictions)
        return np.asarray(metric.result()).tolist()

    return update


def _numpy(metric):
    def update(labels, predictions):
        metric.update(labels, predictions)
        return metric.result()

    return update


def _confusion(labels, predictions):
    matrix = flicker.ConfusionMatrix(NUM_CLASSES)
    matrix.update(labels, predictions)
    return matrix.mean_iou()


METRICS = {
    "numpy.ConfusionMatrix": lambda: _confusion,
    "numpy.FlickeringPixels": lambda: _numpy(flicker.FlickeringPixels()),
    "numpy.VideoConsistency": lambda: _numpy(flicker.VideoConsistency(2)),
    "keras.PixelAccuracy": lambda: _keras(metrics.PixelAccuracy(NUM_CLASSES)),
    "keras.MeanIoU": lambda: _keras(metrics.MeanIoU(NUM_CLASSES)),
    "keras.PerClassIoU": lambda: _keras(metrics.PerClassIoU(NUM_CLASSES)),
    "keras.FlickeringPixels": lambda: _keras(metrics.FlickeringPixels()),
    "keras.VideoConsistency": lambda: _keras(metrics.VideoConsistency(2)),
}
_OTHER_LABELS = {"a label of class 3", "a negative label", "a label of 2**40"}
_ANY_SHAPE = {"one frame's map", "numbers", "nothing"}
# What a metric may take: flicker compares ids whatever they mean, a confusion matrix
# is of pixels in any arrangement, and Keras' leave out labels that are no class, as a
# compiled graph cannot raise.
TAKEN = {
    "numpy.ConfusionMatrix": _ANY_SHAPE,
    "numpy.FlickeringPixels": _OTHER_LABELS,
    "numpy.VideoConsistency": _OTHER_LABELS,
    "keras.PixelAccuracy": _ANY_SHAPE | _OTHER_LABELS,
    "keras.MeanIoU": _ANY_SHAPE | _OTHER_LABELS,
    "keras.PerClassIoU": _ANY_SHAPE | _OTHER_LABELS,
    "keras.FlickeringPixels": _OTHER_LABELS,
    "keras.VideoConsistency": _OTHER_LABELS,
}


def main():
    try:
        print(METRICS[_METRIC.value]()(*ARRAYS[_ARRAYS.value]))
    except TypeError as error:  # what a caller of a library mends
        raise ValueError(str(error)) from error
