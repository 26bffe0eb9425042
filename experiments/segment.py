r"""Segments a video frame by frame and draws the classes over it.

    python -m experiments.segment --model=runs/lstm_icnet --input=drive.mp4 \
        --output=segmented.mp4

`--input` is a video file or its URL, a folder of images or the number of a camera;
`--output` a video file (.mp4, which browsers play, .webm, .avi) or, without a suffix, a
folder for numbered PNGs. The output has the frame times of the input, and an .avi its
mean frame rate. At 192x256, two cores segment about 20 frames a second. The class
scores are smoothed along the optical flow unless `--smoothing=none` is given.
`--side_by_side --flicker --legend` shows the input and the flickering pixels beside the
segmentation, and the class names.
"""

import warnings
from pathlib import Path

from absl import flags, logging

from data.datasets.open_dataset import DATASETS
from experiments.command_line import command
from experiments.command_line.nonfinite_flag import ALLOW_NONFINITE
from experiments.command_line.smoothing_flags import SMOOTHING, STRENGTH
from experiments.presentation.frame_drawing import FrameDrawing
from experiments.presentation.overlay_video import palette_of, segment
from lstm_icnet.deployment.video_segmenter import VideoSegmenter

_MODEL = flags.DEFINE_string(
    "model",
    None,
    "Network: a .keras file, a workdir or an export folder.",
    required=True,
)
_INPUT = flags.DEFINE_string(
    "input", None, "Video file, folder of images or camera number.", required=True
)
_OUTPUT = flags.DEFINE_string(
    "output", None, "Video file or folder to write.", required=True
)
_ALPHA = flags.DEFINE_float(
    "alpha",
    0.5,
    "Opacity of the class colours: 0 shows the video alone, 1 the colours alone.",
    lower_bound=0.0,
    upper_bound=1.0,
)
_MAX_FRAMES = flags.DEFINE_integer(
    "max_frames",
    None,
    "Stop after this many frames; a camera otherwise runs until Ctrl-C.",
    lower_bound=1,
)
_FPS = flags.DEFINE_float(
    "fps",
    25.0,
    "Frame rate of the output if the input does not have one.",
    lower_bound=1.0,
)
_DATASET = flags.DEFINE_enum(
    "dataset",
    None,
    sorted(DATASETS),
    "Take the class colours of this data set, for networks without colours.",
)
_SIDE_BY_SIDE = flags.DEFINE_bool(
    "side_by_side", False, "Show the input beside the segmentation."
)
_FLICKER = flags.DEFINE_bool(
    "flicker",
    False,
    "Show the pixels whose class changed since the previous frame beside the "
    "segmentation.",
)
_LEGEND = flags.DEFINE_bool(
    "legend", False, "Show the names and colours of the classes below the video."
)
flags.set_default(SMOOTHING, "flow")


def main():
    command.log_flags()
    segmenter = VideoSegmenter(
        _MODEL.value, SMOOTHING.value, STRENGTH.value, ALLOW_NONFINITE.value
    )
    drawing = FrameDrawing(
        palette_of(segmenter, _DATASET.value),
        DATASETS[_DATASET.value].info.classes if _DATASET.value else segmenter.classes,
        _ALPHA.value,
        _SIDE_BY_SIDE.value,
        _FLICKER.value,
        _LEGEND.value,
    )
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: logging.warning("%s", message)
        written = segment(
            segmenter,
            _INPUT.value,
            _OUTPUT.value,
            drawing.draw,
            _MAX_FRAMES.value,
            _FPS.value,
        )
    frames = "1 frame is" if written == 1 else f"{written} frames are"
    print(f"{frames} in {Path(_OUTPUT.value)}")


if __name__ == "__main__":
    command.run(main)
