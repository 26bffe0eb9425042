"""The verb `segment` on a short video, as a function that benchmarks time."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from data.files.video.writer import VideoWriter
from experiments.benchmarks.step_call import smooth_image
from experiments.presentation.frame_drawing import FrameDrawing
from experiments.video_segmentation.segment_video import segment
from lstm_icnet.deployment.video_stream import VideoStream

NUM_FRAMES = 100
_FPS = 25.0


def call_of_segment(stream: VideoStream, folder: Path) -> Callable[[], int]:
    """A function that segments a video of `NUM_FRAMES` frames into another.

    Args:
        stream: What to segment with.
        folder: Where the videos are written, in H.264.
    """
    source, output = folder / "video.mp4", folder / "segmented.mp4"
    if not source.exists():
        image = smooth_image(stream.image_size)
        with VideoWriter(source, _FPS) as writer:
            for number in range(NUM_FRAMES):
                writer.write(np.roll(image, 2 * number, axis=1))
    rng = np.random.default_rng(0)
    palette = [
        tuple(map(int, c)) for c in rng.integers(0, 256, (stream.num_classes, 3))
    ]
    drawing = FrameDrawing(palette)
    return lambda: segment(stream, str(source), str(output), drawing.draw)
