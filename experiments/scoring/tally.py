"""All metrics of one or more videos, updated frame by frame, in NumPy."""

import numpy as np

from data.files.images import size_text
from experiments.predictions.segmented_video import SegmentedFrame
from experiments.scoring.yardsticks import Yardsticks
from lstm_icnet.flicker import ConfusionMatrix, FlickeringImagePixels, FlickeringPixels
from lstm_icnet.flicker.consistency import TemporalConsistency, VideoConsistency
from lstm_icnet.flicker.optical_flow import MIN_FLOW_SIDE, dense_flow

VC_FRAMES = (8, 16)
_MAX_IDS = 255  # of a `ConfusionMatrix`
# Frames scored at a time for VC_n, whose windows overlap: larger pieces repeat less
# work and need more memory.
_PIECE = 16


class Tally:
    """Computes accuracy, IoU, mFP, mFIP, TC and VC_n from frames added one by one.

        tally.add(frame); tally.add(next_frame); ...; tally.end_stream()

    Consecutive frames are pairs until `end_stream`, which must be called at every gap
    and at the end of every video. A frame without a label interrupts mFP and VC_n, but
    not mFIP and TC. TC is measured if a frame has flow to the next one, or if both have
    images, from which the flow is then estimated.

    Args:
        num_classes: Int in 1..255. A prediction of 255 (no class) is an error if the
            label counts, and an additional class for TC.
        encoding: How mFP encodes errors, see `lstm_icnet.flicker.FlickeringPixels`.
        image_size: (height, width) of the input of the network, for the floor; see
            `Yardsticks`.
    """

    def __init__(
        self,
        num_classes: int,
        encoding: str = "label",
        image_size: tuple[int, int] | None = None,
    ):
        self.num_frames = 0
        self.num_labelled_frames = 0
        self.confusion = ConfusionMatrix(num_classes)
        self.mfp = FlickeringPixels(encoding)
        self.mfip = FlickeringImagePixels()
        self.vc = {n: VideoConsistency(n) for n in VC_FRAMES}
        self._num_tc_classes = min(num_classes + 1, _MAX_IDS)
        self.tc = TemporalConsistency(self._num_tc_classes)
        self.yardsticks = Yardsticks(num_classes, encoding, image_size)
        self._before = None
        self._piece = []
        self._num_old = 0  # frames at its start that the piece before ended with

    def add(self, frame: SegmentedFrame) -> None:
        """Adds the next frame of the stream.

        Raises:
            ValueError: If its size differs from that of the frame before, or a label
                is no class.
        """
        before, self._before = self._before, frame
        if before is not None and before.prediction.shape != frame.prediction.shape:
            size, size_before = (
                size_text(each.prediction.shape) for each in (frame, before)
            )
            raise ValueError(
                f"It is {size} and the frame before it, {before.name}, is "
                f"{size_before}; the frames of a video must be equally large"
            )
        self.num_frames += 1
        self.yardsticks.add(frame.label)
        if frame.label is None:
            self._end_piece()
        else:
            self.num_labelled_frames += 1
            self.confusion.update(frame.label, frame.prediction)
            self._piece.append(frame)
            if len(self._piece) - self._num_old == _PIECE:
                self._score_piece()
        if before is not None:
            self._add_pair(before, frame)

    def end_stream(self) -> None:
        """Ends the stream: the next frame is no pair with the last one."""
        self._end_piece()
        self._before = None

    def merge(self, other: "Tally") -> None:
        """Adds the counts of another tally whose last stream has ended."""
        self.num_frames += other.num_frames
        self.num_labelled_frames += other.num_labelled_frames
        for mine, its in zip(self._metrics(), other._metrics(), strict=True):
            mine.merge(its)

    def _metrics(self):
        metrics = self.confusion, self.mfp, self.mfip, self.tc, self.yardsticks
        return *metrics, *self.vc.values()

    def _add_pair(self, before, frame):
        predictions = np.stack([before.prediction, frame.prediction])
        self.mfip.update(predictions)
        if before.label is not None and frame.label is not None:
            labels = np.stack([before.label, frame.label])
            self.mfp.update(labels, predictions)
            self.yardsticks.add_pair(labels, predictions)
        flow = _flow(before, frame)
        if flow is not None:
            known = np.minimum(predictions, self._num_tc_classes - 1)
            self.tc.update(known, flow[np.newaxis])

    def _end_piece(self):
        if len(self._piece) > self._num_old:
            self._score_piece()
        self._piece, self._num_old = [], 0

    def _score_piece(self):
        labels, predictions = (
            np.stack([getattr(frame, part) for frame in self._piece])
            for part in ("label", "prediction")
        )
        for n, metric in self.vc.items():
            start = max(0, self._num_old - (n - 1))
            metric.update(labels[start:], predictions[start:])
        self._piece = self._piece[-(max(VC_FRAMES) - 1) :]
        self._num_old = len(self._piece)


def _flow(before, frame):
    if before.flow is not None:
        return before.flow
    images = before.image, frame.image
    if any(image is None or min(image.shape[:2]) < MIN_FLOW_SIDE for image in images):
        return None
    return dense_flow(images)[0]
