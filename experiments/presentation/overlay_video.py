"""Segmenting a video and writing it with the classes drawn over it."""

from collections.abc import Callable

import numpy as np
from absl import logging
from tqdm import tqdm

from data.datasets.open_dataset import DATASETS
from data.files.video.reader import read_frames
from data.files.video.writer import VideoWriter
from lstm_icnet.deployment.video_segmenter import VideoSegmenter


def segment(
    segmenter: VideoSegmenter,
    source: str,
    output: str,
    draw: Callable[[np.ndarray, np.ndarray], np.ndarray],
    max_frames: int | None = None,
    default_fps: float = 25.0,
) -> int:
    """Segments a video as one stream and writes it with the classes drawn over it.

    Args:
        segmenter: The network.
        source: What `data.files.video.reader.read_frames` understands.
        output: What `data.files.video.writer.VideoWriter` understands; written whole,
            with the times of the source's frames.
        draw: Makes the picture to write of a frame and its labels, such as
            `FrameDrawing.draw`.
        max_frames: Number of frames to stop after, all by default.
        default_fps: Frames per second if the source has none.

    Returns:
        The number of frames written, equal to the number read.

    Raises:
        FileNotFoundError, ValueError: If the source cannot be read or the output not
            be written.
    """
    video = read_frames(source)
    total = min(filter(None, (video.num_frames, max_frames)), default=None)
    written = 0
    with (
        VideoWriter(output, video.fps or default_fps) as writer,
        tqdm(total=total, unit="frame", desc="segment", disable=None) as bar,
    ):
        segmenter.reset()
        try:
            for seconds, frame in video.timed_frames:
                labels = segmenter.segment_frame(frame)
                writer.write(draw(frame, labels), seconds)
                written += 1
                bar.update()
                if written == max_frames:
                    break
        except KeyboardInterrupt:
            logging.info("Stopped after %d frames", written)
    return written


def palette_of(segmenter: VideoSegmenter, dataset: str | None):
    """The palette of the network, or of a data set if one is given.

    Raises:
        ValueError: If neither has them for this number of classes.
    """
    palette = DATASETS[dataset].info.palette if dataset else segmenter.palette
    if palette is None:
        raise ValueError("This network has no palette; choose one with --dataset")
    if len(palette) != segmenter.num_classes:
        raise ValueError(
            f"This network has {segmenter.num_classes} classes and "
            f"--dataset={dataset} has {len(palette)}"
        )
    return palette
