"""Video consistency (VC_n) of segmented video: predictions that stay where they may."""

import numpy as np

from lstm_icnet.confusion import IGNORE_LABEL, as_class_ids


class VideoConsistency:
    """VC_n, predictions that stay while the labels do, over any number of videos.

        VC_n = mean over windows of n frames of  |P and G| / |G|

    with G the pixels whose label is the same in all n frames of a window, and P those
    whose prediction is. In percent, in [0, 100], 100 being the best. Every window
    with a pixel in G weighs the same; a video of fewer than n frames has none.

    Args:
        num_frames: n, at least 2; VC_8 and VC_16 are customary.
        ignore_label: Pixels with this label are never in G. `None` for no such label.

    Attributes:
        num_windows: Windows counted so far.

    Raises:
        ValueError: If `num_frames` is below 2.

    Source: Miao et al., "VSPW: A Large-scale Dataset for Video Scene Parsing in the
        Wild", CVPR 2021, as its authors' code has it: the prediction must stay, not
        be right.

    Departures: that code omits the last window of a video and counts ignored pixels.
    """

    def __init__(self, num_frames=8, ignore_label=IGNORE_LABEL):
        if num_frames < 2:
            raise ValueError(
                f"`num_frames` must be at least 2. Received: num_frames={num_frames}"
            )
        self.num_frames = num_frames
        self.ignore_label = ignore_label
        self.num_windows = 0
        self._sum = 0.0

    def update(self, labels, predictions):
        """Adds the windows of a video.

        Args:
            labels, predictions: Integer arrays `(time, height, width)`. Pieces of one
                video overlap by `num_frames - 1` frames.

        Raises:
            TypeError: If either array holds no integers.
            ValueError: If the shapes differ or have another number of axes.
        """
        labels, predictions = as_class_ids(labels, predictions)
        if labels.ndim != 3:
            raise ValueError(
                f"A video must be (time, height, width). Received: shape={labels.shape}"
            )
        stays = zip(
            self._unchanged(labels), self._unchanged(predictions), labels, strict=True
        )
        for label_stays, prediction_stays, label in stays:
            if self.ignore_label is not None:
                label_stays = label_stays & (label != self.ignore_label)
            num_pixels = np.count_nonzero(label_stays)
            if num_pixels:
                both = np.count_nonzero(label_stays & prediction_stays)
                self._sum += both / num_pixels
                self.num_windows += 1

    def merge(self, other):
        """Adds the windows that another metric with the same settings has counted."""
        ours = (self.num_frames, self.ignore_label)
        theirs = (other.num_frames, other.ignore_label)
        if theirs != ours:
            raise ValueError(
                "Only metrics of the same `num_frames` and `ignore_label` can be "
                f"merged. Received: {theirs}, into {ours}"
            )
        self._sum += other._sum
        self.num_windows += other.num_windows

    def result(self):
        """VC_n in percent, `None` if no window has been counted."""
        return 100.0 * self._sum / self.num_windows if self.num_windows else None

    def _unchanged(self, video):
        """Yields, per frame, where the last `num_frames` frames are all the same."""
        # For how many frames each pixel has not changed, this one included.
        run = np.zeros(video.shape[1:], np.int32)
        for t, frame in enumerate(video):
            run = run * (frame == video[max(t - 1, 0)]) + 1
            yield run >= self.num_frames
