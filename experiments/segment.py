r"""Segments a video frame by frame and lays the classes over it.

    python -m experiments.segment --model=runs/lstm_icnet --input=drive.mp4 \
        --output=segmented.mp4

`--input` is a video file, a folder of images or the number of a camera; `--output` a
video file (.mp4, .webm, .avi) or, with no suffix, a folder that gets numbered PNGs. At
192x256, two cores segment about 20 frames a second.
"""

import warnings
from pathlib import Path

from absl import flags, logging
from tqdm import tqdm

from data.datasets import DATASETS
from data.palette import overlay
from data.video_file import read_frames
from data.video_writer import VideoWriter
from experiments import command
from lstm_icnet.video_segmenter import VideoSegmenter

_MODEL = flags.DEFINE_string(
    "model", None, "A .keras file, a workdir or an export folder.", required=True
)
_INPUT = flags.DEFINE_string("input", None, "Video, folder or camera.", required=True)
_OUTPUT = flags.DEFINE_string("output", None, "Video or folder.", required=True)
_ALPHA = flags.DEFINE_float(
    "alpha",
    0.5,
    "Weight of the classes' colours; 1 shows them alone.",
    lower_bound=0.0,
    upper_bound=1.0,
)
_MAX_FRAMES = flags.DEFINE_integer(
    "max_frames",
    None,
    "Stop after so many frames; a camera runs until Ctrl-C.",
    lower_bound=1,
)
_FPS = flags.DEFINE_float(
    "fps",
    25.0,
    "Frames per second of the output where the input has none.",
    lower_bound=1.0,
)
_DATASET = flags.DEFINE_enum(
    "dataset", None, sorted(DATASETS), "Whose colours to take if the network has none."
)


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
        source: What `data.video_file.read_frames` understands.
        output: What `data.video_writer.VideoWriter` understands; written whole.
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
            for frame in video:
                labels = segmenter.segment_frame(frame)
                writer.write(overlay(frame, labels, palette, alpha))
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


def main():
    command.log_flags()
    segmenter = VideoSegmenter(_MODEL.value)
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: logging.warning("%s", message)
        written = segment(
            segmenter,
            _INPUT.value,
            _OUTPUT.value,
            palette_of(segmenter, _DATASET.value),
            _ALPHA.value,
            _MAX_FRAMES.value,
            _FPS.value,
        )
    print(f"{written} frames are in {Path(_OUTPUT.value)}")


if __name__ == "__main__":
    command.run(main)
