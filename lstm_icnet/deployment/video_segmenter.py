"""Segmenting streams of frames with a trained network."""

from pathlib import Path

import numpy as np

from lstm_icnet.deployment.open_network import open_network
from lstm_icnet.deployment.state_alignment import StateAligner
from lstm_icnet.deployment.video_stream import VideoStream
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.smoothing import make_smoother


class VideoSegmenter(VideoStream):
    """A trained network, opened to segment frames, clips and videos of any size.

        with VideoSegmenter("exported", smoothing="flow") as segmenter:
            for labels in segmenter.segment_video("drive.mp4"):
                ...

    It is a `VideoStream`, see there for its methods; `stream` makes independent streams
    for more videos at the same time, for example one for each camera and thread.

    Args:
        network: Path of a `.keras` file, a workdir of `experiments.train` (its
            `last.keras` is taken), an export folder or one of its files; or an `ICNet`.
        smoothing: How a stream is smoothed, one of `lstm_icnet.smoothing.SMOOTHINGS`:
            "flow" mixes the logits of each frame with those before, moved along the
            optical flow; "none" leaves them alone. Clips are never smoothed.
        strength: Of the smoothing; its meaning and default depend on the smoother,
            see `lstm_icnet.smoothing.make_smoother`.
        allow_nonfinite: Whether weights may be NaN or infinite.
        align_states: Whether the states are moved along the optical flow from frame to
            frame; `None` to do what the network was trained with, as its file says;
            exports of older versions do not say it and count as not aligned.
        engine: What runs an export, one of
            `lstm_icnet.deployment.open_export.ENGINES`; by default what fits its files.
        hysteresis: Of the smoothing "flow", see `lstm_icnet.smoothing.FlowSmoother`.
            Networks with a memory of their own are smoothed less by default.

    Raises:
        FileNotFoundError: If there is nothing at the path, or no network in it.
        ModuleNotFoundError: If the engine is not installed.
        ValueError: If the file is none of ours, weights are not finite and this is not
            allowed, or the smoothing is unknown or not possible.
    """

    def __init__(
        self,
        network: str | Path | ICNet,
        smoothing: str = "none",
        strength: float | None = None,
        allow_nonfinite: bool = False,
        align_states: bool | None = None,
        engine: str | None = None,
        hysteresis: float | None = None,
    ):
        make_smoother(smoothing, strength, hysteresis)  # refuses what cannot be
        opened = open_network(network, allow_nonfinite, engine)
        has_memory = bool(opened.initial_state())
        self._smoothing = smoothing, strength, hysteresis, has_memory
        smoother = make_smoother(*self._smoothing)
        if smoother and not opened.gives_logits:
            raise ValueError(
                f"{network} is an export of an older version without logits, which "
                f"`smoothing` needs; export the network again, or choose `smoothing` "
                f"none"
            )
        if align_states is None:
            align_states = opened.align_states
        self._aligns_states = align_states
        super().__init__(opened, smoother, self._new_aligner())

    def stream(self) -> VideoStream:
        """A stream for another video, with the same network and smoothing."""
        return VideoStream(
            self._network, make_smoother(*self._smoothing), self._new_aligner()
        )

    def warm_up(self) -> None:
        """Prepares the network for its first frame, which then takes no longer.

        One empty frame is segmented. The states of all streams stay as they are. What
        computes several frames at once is prepared when they first come.
        """
        self.stream().segment_frame(np.zeros((*self.image_size, 3), np.uint8))

    def _new_aligner(self):
        return StateAligner() if self._aligns_states else None
