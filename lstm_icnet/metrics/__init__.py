"""The metrics of `lstm_icnet.flicker` as Keras metrics.

They take class ids, not scores, and write nothing but `keras.ops`: they run compiled
by XLA and on every backend, and, since they keep sums and no frames, under a
distribution strategy. Where nothing could be measured (no pixel, no pair of frames, no
window) the result is 0, as in Keras' own metrics; the NumPy ones give `None`. Sums are
float64; on JAX float32, where every update rounds by up to 6e-8 of the sum.
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
