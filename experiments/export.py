r"""Exports a trained network for deployment.

    python -m experiments.export --workdir=runs/icnet --out_dir=exported \
        --formats=saved_model,tflite,onnx --dataset=camvid --data_dir=$CAMVID

Two minutes. The folder then holds `metadata.json` and, as `--formats` says:

    saved_model  saved_model/, with the signatures initial_state, step and clip, for
                 frames of any size
    tflite       model.tflite (float32), model_float16.tflite and, if there are frames
                 to calibrate it with, model_int8.tflite: one step, for one frame of the
                 network's size
    onnx         model.onnx (float32) and, as above, model_int8.onnx: one step, for
                 batches of frames of the network's size; it needs the extra `onnx`

The int8 files are calibrated with clips of the data set's first split, or of the images
in `--calibration_dir`. With --dataset, the last line is the command that scores one of
the files on that data set, from which one sees what it loses. docs/deployment.md lists
inputs and outputs.
"""

import shlex
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from absl import flags, logging

from data.files.images import read_image
from data.files.video.reader import read_frames
from data.videos.clips import spread_clips, streams
from experiments.command_line import command, dataset_flags
from experiments.command_line.network_flags import chosen_network
from experiments.command_line.nonfinite_flag import ALLOW_NONFINITE
from experiments.training.workdir.workdir import Workdir
from lstm_icnet.deployment.export_folder import FORMATS, at_size, export
from lstm_icnet.weights.keras_file import load_icnet

_CLIP_FRAMES = 8  # the state is carried from the first to the last
_PATHS = ("--data_dir=", "--init_from=", "--workdir=")  # of one machine only
_LEAST_EXACT_FIRST = (
    "model_int8.tflite",
    "model_int8.onnx",
    "model_float16.tflite",
    "model.tflite",
    "model.onnx",
    "saved_model",
)
_OUT_DIR = flags.DEFINE_string(
    "out_dir", None, "Folder to write the exported network to.", required=True
)
_FORMATS = flags.DEFINE_list(
    "formats",
    ["saved_model"],
    f"File formats to write, separated by commas: {', '.join(FORMATS)}.",
)
_HEIGHT = flags.DEFINE_integer(
    "height", None, "Image height; by default that of the network.", lower_bound=1
)
_WIDTH = flags.DEFINE_integer(
    "width", None, "Image width; by default that of the network.", lower_bound=1
)
_SCORES = flags.DEFINE_bool("scores", False, "Also output the class probabilities.")
_CALIBRATION_DIR = flags.DEFINE_string(
    "calibration_dir",
    None,
    "Folder of images, the frames of one video in the order of their names, to "
    "calibrate the int8 files with; instead of --dataset.",
)
_CALIBRATION_FRAMES = flags.DEFINE_integer(
    "calibration_frames",
    64,
    f"How many frames to calibrate with, in clips of {_CLIP_FRAMES}.",
    lower_bound=1,
)


def main():
    command.log_flags()
    allowed = ALLOW_NONFINITE.value
    _check_formats()
    _check_calibration()
    model = load_icnet(chosen_network(), allowed)
    height, width = model.image_size
    image_size = (_HEIGHT.value or height, _WIDTH.value or width)
    out_dir = export(
        at_size(model, image_size),
        Path(_OUT_DIR.value),
        _SCORES.value,
        allowed,
        _FORMATS.value,
        _calibration(image_size) if _with_int8() else (),
        _training_run(Path(chosen_network())),
    )
    files = ", ".join(sorted(file.name for file in out_dir.iterdir()))
    print(
        f"{model.name} for {image_size[0]}x{image_size[1]} images is in {out_dir}: "
        f"{files}"
    )
    if dataset_flags.DATASET.value and dataset_flags.DATA_DIR.value:
        print(f"Next, the mIoU of one of them:\n  {shlex.join(_scoring(out_dir))}")


def _check_formats():
    unknown = sorted(set(_FORMATS.value) - set(FORMATS))
    if unknown or not _FORMATS.value:
        raise ValueError(
            f"--formats must be some of {', '.join(FORMATS)}. Received: "
            f"{','.join(_FORMATS.value)}"
        )


def _with_int8():
    """Whether a format that is written has files in int8, which are calibrated."""
    return bool({"tflite", "onnx"} & set(_FORMATS.value))


def _check_calibration():
    for name in ("calibration_dir", "calibration_frames"):
        if flags.FLAGS[name].present and not _with_int8():
            raise ValueError(
                f"--{name} is for the int8 files of the formats tflite and onnx. "
                f"Received: --formats={','.join(_FORMATS.value)}"
            )


def _calibration(image_size) -> Iterator[np.ndarray]:
    """Clips of --calibration_dir or the data set, at the network's size."""
    if _CALIBRATION_DIR.value:
        runs = [list(read_frames(_CALIBRATION_DIR.value))]
        read = np.asarray
    elif dataset_flags.DATASET.value and dataset_flags.DATA_DIR.value:
        info = dataset_flags.chosen_dataset().info
        videos = dataset_flags.videos_of(info.splits[0])
        clips = streams(videos, dataset_flags.FRAME_STRIDE.value)
        runs = [[frame.image for frame in clip.frames] for clip in clips]
        read = read_image
    else:
        logging.info(
            "There are no int8 files, as these need frames to be calibrated with: "
            "--calibration_dir, or --dataset and --data_dir"
        )
        return
    height, width = image_size
    for clip in spread_clips(runs, _CLIP_FRAMES, _CALIBRATION_FRAMES.value):
        yield np.stack([cv2.resize(read(image), (width, height)) for image in clip])


def _scoring(out_dir):
    """The command that scores the least exact file of an export."""
    name = next(name for name in _LEAST_EXACT_FIRST if (out_dir / name).exists())
    return [
        *("python", "-m", "experiments.evaluate", f"--model_file={out_dir / name}"),
        *("--mode=stream", f"--dataset={dataset_flags.DATASET.value}"),
        f"--data_dir={dataset_flags.DATA_DIR.value}",
    ]


def _training_run(path):
    """What the workdir of a training says about it, or where the network came from."""
    if not path.is_dir():
        return {"file": path.name}
    lines = Workdir(path).read_flags().splitlines()
    return {
        "workdir": path.resolve().name,
        "flags": [line for line in lines if not line.startswith(_PATHS)],
    }


if __name__ == "__main__":
    command.run(main)
