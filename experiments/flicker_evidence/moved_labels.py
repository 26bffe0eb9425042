"""The flicker that a network would have if its labels moved exactly with the image."""

import cv2
import numpy as np

from experiments.flicker_evidence.scored_videos import ScoredVideo
from lstm_icnet.flicker.flickering_pixels import FlickeringPixels
from lstm_icnet.smoothing import FrameMotion


def add_moved(mfp: FlickeringPixels, maps: np.ndarray, video: ScoredVideo) -> None:
    """Adds the pairs of a video, the second map of each being the first one moved.

    It is moved along the optical flow; where the motion is not known, the map of the
    frame itself is taken. The result is the mFP of a network that has the same errors
    at every frame and carries them along without any change: to get below it, a
    network has to make fewer errors, or to leave them where they were in the image.

    Args:
        mfp: Of all videos.
        maps: uint8 (num_frames, height, width), label maps of the video.
        video: The video, with as many frames.
    """
    motion = FrameMotion()
    for t, image in enumerate(video.images):
        moved = motion.update(np.asarray(image), maps.shape[1:])
        if moved is None:
            continue
        past = cv2.remap(
            *(maps[t - 1], moved.points, None),
            cv2.INTER_NEAREST,
            borderMode=cv2.BORDER_REPLICATE,
        )
        carried = np.where(moved.known, past, maps[t])
        mfp.update(video.labels[t - 1 : t + 1], np.stack([maps[t - 1], carried]))
