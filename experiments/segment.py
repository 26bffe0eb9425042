r"""Segments a video frame by frame and draws the classes over it.

    python -m experiments.segment --model=runs/lstm_icnet --input=drive.mp4 \
        --output=segmented.mp4

`--input` is a video file or its URL, a folder of images, a quoted pattern such as
'drive/*_left.png', or the number of a camera. `--output` is a video file (.mp4, which
browsers play, .webm, .avi) or, without a suffix, a folder for what `--write` names:
overlays, labels, video. The output has the size, the frame times and the sound of the
input; an .avi has its mean frame rate. Reading, segmenting and writing overlap: on two
cores a network of 360x480 segments 35 to 40 frames of 960x540 a second.

The class scores are smoothed along the optical flow unless `--smoothing=none` is given.
`--side_by_side --flicker --legend` shows the input and the flickering pixels beside the
segmentation, and the class names. `--show` opens a window.

Ctrl-C and SIGTERM end the video: what was segmented until then can be played. The exit
code is then 130 or 143, and 0 for a camera, which has no other end.
"""

import warnings
from pathlib import Path

from absl import flags, logging

from data.datasets.open_dataset import DATASETS
from data.files.video.frame_stream import FROM_THE_BEGINNING, Start
from experiments.command_line import command
from experiments.command_line.nonfinite_flag import ALLOW_NONFINITE
from experiments.command_line.stream_flags import (
    ALIGN_STATES,
    HYSTERESIS,
    RESET_EVERY,
    SMOOTHING,
    STRENGTH,
)
from experiments.presentation.frame_drawing import FrameDrawing, palette_of
from experiments.video_segmentation.outputs import KINDS
from experiments.video_segmentation.segment_video import Settings, segment
from lstm_icnet.deployment.open_export import ENGINES
from lstm_icnet.deployment.video_segmenter import VideoSegmenter

_ALL = "all"
_MODEL = flags.DEFINE_string(
    "model",
    None,
    "Network: a .keras file, a workdir or an export folder.",
    required=True,
)
_ENGINE = flags.DEFINE_enum(
    "engine",
    None,
    ENGINES,
    "What runs an export; by default TensorFlow, or what fits the file.",
)
_INPUT = flags.DEFINE_string(
    "input",
    None,
    "Video file or its URL, folder of images, quoted pattern of images, or camera "
    "number.",
    required=True,
)
_OUTPUT = flags.DEFINE_string(
    "output",
    None,
    "Video file or folder to write. May be left out with --show.",
)
_WRITE = flags.DEFINE_list(
    "write",
    [],
    "What a folder given as --output gets, separated by commas: overlays (PNGs of the "
    "video with the class colours; the default), labels (grey PNGs of the class ids), "
    "video (video.mp4), or all.",
)
_ALPHA = flags.DEFINE_float(
    "alpha",
    0.5,
    "Opacity of the class colours: 0 shows the video alone, 1 the colours alone.",
    lower_bound=0.0,
    upper_bound=1.0,
)
_START = flags.DEFINE_string(
    "start",
    None,
    "Where to start: seconds, such as 12.5, or a frame, such as 300f, counted from 0. "
    "Images have no times and need a frame.",
)
_MAX_FRAMES = flags.DEFINE_integer(
    "max_frames",
    None,
    "Stop after this many frames; a camera otherwise runs until Ctrl-C.",
    lower_bound=1,
)
_ON_ERROR = flags.DEFINE_enum(
    "on_error",
    "skip",
    ["skip", "stop"],
    "What to do with a frame that cannot be read whole. skip: report it, leave it out "
    "if nothing of it can be read, and continue; stop: end the video before it, with "
    "exit code 1.",
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
_SHOW = flags.DEFINE_bool(
    "show", False, "Show the video in a window while it is segmented; q closes it."
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
    if _OUTPUT.value is None and not _SHOW.value:
        raise ValueError("--output=FILE or FOLDER is needed, or --show")
    settings = Settings(
        kinds=_kinds(),
        start=Start.parse(_START.value) if _START.value else FROM_THE_BEGINNING,
        max_frames=_MAX_FRAMES.value,
        reset_every=RESET_EVERY.value,
        stops_at_broken=_ON_ERROR.value == "stop",
        default_fps=_FPS.value,
        shows=_SHOW.value,
    )
    segmenter = VideoSegmenter(
        _MODEL.value,
        SMOOTHING.value,
        STRENGTH.value,
        ALLOW_NONFINITE.value,
        ALIGN_STATES.value,
        engine=_ENGINE.value,
        hysteresis=HYSTERESIS.value,
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
            segmenter, _INPUT.value, _OUTPUT.value, drawing.draw, settings
        )
    frames = "1 frame is" if written == 1 else f"{written} frames are"
    if _OUTPUT.value is not None:
        print(f"{frames} in {Path(_OUTPUT.value)}")


def _kinds():
    """--write, with `all` spelled out."""
    allowed = (*KINDS, _ALL)
    for kind in _WRITE.value:
        if kind not in allowed:
            raise ValueError(
                f"--write must be some of {', '.join(allowed)}. Received: {kind}"
            )
    if _WRITE.value and _OUTPUT.value is None:
        raise ValueError("--write needs --output=FOLDER")
    return KINDS if _ALL in _WRITE.value else tuple(_WRITE.value)


if __name__ == "__main__":
    command.run(main)
