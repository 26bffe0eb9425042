"""A video segmented into another one that shows the classes."""

from absl import logging
from tqdm import tqdm

from data.datasets.open_dataset import DATASETS
from data.files.video_reader import read_frames
from data.files.video_writer import VideoWriter
from data.labels.palette import overlay
from lstm_icnet.deployment.video_segmenter import VideoSegmenter


def segment(
    segmenter: VideoSegmenter,
    source: str,
    output: str,
    palette,
    alpha: float = 0.5,
    max_frames: int | None = None,
    default_fps: float = 25.0,
) -> int:
    """Segments a video, carrying the state, and writes it with the classes laid over.

    Args:
        segmenter: The network.
        source: What `data.files.video_reader.read_frames` understands.
        output: What `data.files.video_writer.VideoWriter` understands; written whole,
            with the times of the source's frames.
        palette: RGB per class, 0 to 255.
        alpha: Weight of the colours.
        max_frames: Where to stop, by default at the end.
        default_fps: Frames per second where the source has none.

    Returns:
        The number of frames written, as many as were read.

    Raises:
        FileNotFoundError, ValueError: If the source cannot be read or the output not
            be written.
    """
    video = read_frames(source)
    total = min(filter(None, (video.num_frames, max_frames)), default=None)
    written = 0
    with (
        VideoWriter(output, video.fps or default_fps) as writer,
        tqdm(total=total, unit="frame", desc="segment") as bar,
    ):
        segmenter.reset()
        try:
            for seconds, frame in video.timed_frames:
                labels = segmenter.segment_frame(frame)
                writer.write(overlay(frame, labels, palette, alpha), seconds)
                written += 1
                bar.update()
                if written == max_frames:
                    break
        except KeyboardInterrupt:
            logging.info("Stopped after %d frames", written)
    return written


def palette_of(segmenter: VideoSegmenter, dataset: str | None):
    """The colours of the classes, from the network's file or from a data set.

    Raises:
        ValueError: If neither has them for this number of classes.
    """
    palette = DATASETS[dataset].info.palette if dataset else segmenter.palette
    if palette is None:
        raise ValueError("The network brings no colours; name a data set by --dataset")
    if len(palette) != segmenter.num_classes:
        raise ValueError(
            f"The network knows {segmenter.num_classes} classes and "
            f"--dataset={dataset} has {len(palette)}"
        )
    return palette
