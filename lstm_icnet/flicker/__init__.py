"""All metrics of segmented video in NumPy, above all the flicker of Section IV.

    accuracy, mIoU, IoU per class    ConfusionMatrix        %
    mFP (Eqs. 12, 13)                FlickeringPixels       per mille of pixels
    mFIP (Eq. 14)                    FlickeringImagePixels  per mille of pixels
    TC                               TemporalConsistency    %
    VC_n                             VideoConsistency       %
    stale rate                       StaleRate              share of changed pixels
    mFP near borders and inside      BorderFlicker          per mille of pixels

Compare mFIP with that of the labels, `mfip(labels)`: predictions with a lower value
miss changes of the scene. The best that a network with coarse outputs can reach is
called the floor: the mIoU, mFP and mFIP of `through_output_grid(labels)`.

mFIP needs predictions alone, TC predictions and optical flow (by `dense_flow`, or from
files), the others predictions and labels. The functions score one video or one batch;
the classes accumulate several pieces:

    fp = flicker.FlickeringPixels()
    for labels, predictions in windows:   # (time, height, width) each
        fp.update(labels, predictions)
    print(fp.result())                    # per mille of pixels, or None

All pairs of consecutive frames have equal weight, whatever video, batch or window they
come in. Windows of one video must overlap by one frame (for VC_n, by n - 1 frames), or
the pair between them is lost; different videos must not share a window.
"""

from lstm_icnet.flicker.border_flicker import BorderFlicker
from lstm_icnet.flicker.confusion import ConfusionMatrix
from lstm_icnet.flicker.consistency import TemporalConsistency, VideoConsistency
from lstm_icnet.flicker.flickering_pixels import (
    ENCODINGS,
    FlickeringImagePixels,
    FlickeringPixels,
    flickering_image_pixels,
    flickering_pixels,
    mfip,
    mfp,
)
from lstm_icnet.flicker.label_maps import IGNORE_LABEL
from lstm_icnet.flicker.optical_flow import dense_flow, warp
from lstm_icnet.flicker.output_grid import through_output_grid
from lstm_icnet.flicker.stale import StaleRate, stale_rate

__all__ = [
    "ENCODINGS",
    "IGNORE_LABEL",
    "BorderFlicker",
    "ConfusionMatrix",
    "FlickeringImagePixels",
    "FlickeringPixels",
    "StaleRate",
    "TemporalConsistency",
    "VideoConsistency",
    "dense_flow",
    "flickering_image_pixels",
    "flickering_pixels",
    "mfip",
    "mfp",
    "stale_rate",
    "through_output_grid",
    "warp",
]
