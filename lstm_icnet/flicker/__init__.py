"""All metrics of segmented video in NumPy, the flicker of Section IV first of all.

    accuracy, mIoU, IoU per class    ConfusionMatrix        %
    mFP (Eqs. 12, 13)                FlickeringPixels       per mille of pixels
    mFIP (Eq. 14)                    FlickeringImagePixels  per mille of pixels
    TC                               TemporalConsistency    %
    VC_n                             VideoConsistency       %

mFIP needs predictions alone, TC predictions and optical flow (by `dense_flow`, or from
files), the others predictions and labels. The functions score one video or one batch,
the classes add up what comes in pieces:

    fp = flicker.FlickeringPixels()
    for labels, predictions in windows:   # (time, height, width) each
        fp.update(labels, predictions)
    print(fp.result())                    # per mille of pixels, or None

Every pair of consecutive frames weighs the same, whichever video, batch or window it
came in. Windows of one video must overlap by one frame, or the pair between them is
lost (VC_n: by n - 1 frames); different videos must not share a window.
"""

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

__all__ = [
    "ENCODINGS",
    "IGNORE_LABEL",
    "ConfusionMatrix",
    "FlickeringImagePixels",
    "FlickeringPixels",
    "TemporalConsistency",
    "VideoConsistency",
    "dense_flow",
    "flickering_image_pixels",
    "flickering_pixels",
    "mfip",
    "mfp",
    "warp",
]
