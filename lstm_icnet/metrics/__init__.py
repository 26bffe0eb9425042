"""The metrics of `lstm_icnet.flicker` as Keras metrics.

They take integer class ids, not scores, and are written in `keras.ops`: they run on
every backend, compiled by XLA, and, as they store sums and no frames, under a
distribution strategy. Where nothing could be measured (no pixel, no pair of frames, no
window) the result is 0, as in Keras' own metrics; the NumPy metrics give `None`. Sums
are float64; on JAX they are float32, and every update rounds by up to 6e-8 of the sum.
"""

from lstm_icnet.metrics.confusion import MeanIoU, PerClassIoU, PixelAccuracy
from lstm_icnet.metrics.consistency import TemporalConsistency, VideoConsistency
from lstm_icnet.metrics.flickering_pixels import FlickeringImagePixels, FlickeringPixels

__all__ = [
    "FlickeringImagePixels",
    "FlickeringPixels",
    "MeanIoU",
    "PerClassIoU",
    "PixelAccuracy",
    "TemporalConsistency",
    "VideoConsistency",
]
