"""The verb `segment` on a short video, as a function that benchmarks time."""

from collections.abc import Callable, Sequence
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from data.files.video.writer import VideoWriter
from experiments.presentation.frame_drawing import FrameDrawing
from experiments.video_segmentation.segment_video import segment
from lstm_icnet.deployment.video_stream import VideoStream

NUM_FRAMES = 100
_FPS = 25.0


def call_of_segment(
    stream: VideoStream, folder: Path, frames: Sequence[np.ndarray]
) -> Callable[[], int]:
    """A function that segments a video of `NUM_FRAMES` frames into another.

    Args:
        stream: What to segment with.
        folder: Where the videos are written, in H.264.
        frames: Of the video, uint8 RGB, of the network's size; they are repeated. One
            alone is shifted from frame to frame.
    """
    source, output = folder / "video.mp4", folder / "segmented.mp4"
    if not source.exists():
        still = len(frames) == 1
        with VideoWriter(source, _FPS) as writer:
            for number, frame in enumerate(islice(cycle(frames), NUM_FRAMES)):
                writer.write(np.roll(frame, 2 * number, axis=1) if still else frame)
    rng = np.random.default_rng(0)
    palette = [
        tuple(map(int, c)) for c in rng.integers(0, 256, (stream.num_classes, 3))
    ]
    drawing = FrameDrawing(palette)
    return lambda: segment(stream, str(source), str(output), drawing.draw)
