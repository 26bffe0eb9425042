r"""Scores a trained network on a split of a data set.

    python -m experiments.evaluate --workdir=runs/icnet --dataset=camvid \
        --data_dir=$CAMVID --split=val

Fifteen seconds for CamVid at 192x256. Prints accuracy, mean IoU, mFP, mFIP, TC and
VC_n per video, per class and in all, as far as the split has what they need: labels
for most, consecutive labels for mFP and VC_n, consecutive frames for mFIP and TC.

Frames with a label are scored; where a split has none, all of them are, and with
`--every_frame` all of them anywhere: on Cityscapes `val`, one labelled frame in
thirty, there is no pair without it.
"""

import tempfile
from functools import partial
from pathlib import Path

from absl import flags

from data.datasets.cityscapes_results import write_result
from data.files.whole_file import refuse_file
from data.readers.cityscapes import INFO as CITYSCAPES
from data.videos.clips import streams
from experiments.command_line import command, dataset_flags, score_output
from experiments.command_line.network_flags import chosen_network
from experiments.command_line.nonfinite_flag import ALLOW_NONFINITE
from experiments.command_line.system_names import named_sources
from experiments.predictions.sources import Comparison, find_videos
from experiments.scoring.evaluation import MODES, evaluate, write_prediction
from lstm_icnet.deployment.video_segmenter import VideoSegmenter

dataset_flags.require()
_SPLIT = flags.DEFINE_string("split", None, "The data set's second by default.")
_MODE = flags.DEFINE_enum(
    "mode",
    "clip",
    MODES,
    "Each frame from a clip of its own, the paper's way, or as a stream.",
)
_RESET_EVERY = flags.DEFINE_integer(
    "reset_every",
    0,
    "Frames of a stream after which the state is zero again; 0 for never.",
    lower_bound=0,
)
_NUM_FRAMES = flags.DEFINE_integer(
    "num_frames",
    4,
    "History a frame must have to be scored, itself counted in; all networks that "
    "are compared must have the same.",
    lower_bound=1,
)
_EVERY_FRAME = flags.DEFINE_bool(
    "every_frame", False, "Score frames without a label, too: by mFIP and TC."
)
_TC = flags.DEFINE_bool("tc", True, "Estimate optical flow and measure TC.")
_PREDICTIONS_DIR = flags.DEFINE_string(
    "predictions_dir",
    None,
    "Folder for the scored predictions, VIDEO/FRAME.png, grey PNGs of class ids; "
    "experiments.flicker reads them.",
)
_RESULTS_DIR = flags.DEFINE_string(
    "results_dir",
    None,
    "Folder for the scored predictions as Cityscapes' own evaluation wants them.",
)
_FIGURES = flags.DEFINE_string("figures", None, "Folder for pictures of the flicker.")


def _write_to(folders):
    """What is done with every prediction, beside writing it below some folders."""
    writers = [partial(write_prediction, Path(folder)) for folder in folders]
    if _RESULTS_DIR.value:
        if dataset_flags.DATASET.value != CITYSCAPES.name:
            raise ValueError(
                f"--results_dir is for --dataset={CITYSCAPES.name}; "
                f"--predictions_dir is for any data set"
            )
        writers.append(partial(_write_result, _RESULTS_DIR.value))

    def write(*prediction):
        for writer in writers:
            writer(*prediction)

    return write


def _write_result(folder, stream, frame, labels):
    write_result(folder, frame.image, labels)


def _write_pictures(videos, predictions_dir, name, scores):
    from experiments.flicker_report.figures import write_pictures  # Matplotlib

    info = dataset_flags.chosen_dataset().info
    comparison = Comparison(
        dataset=info.name,
        videos=videos,
        num_classes=len(info.classes),
        frame_stride=dataset_flags.FRAME_STRIDE.value,
        partial=True,  # videos too short to be scored
    )
    systems, _ = find_videos({name: predictions_dir}, comparison)
    write_pictures(
        Path(_FIGURES.value), systems, {name: scores}, info.classes, info.palette
    )


def main():
    command.log_flags()
    if _FIGURES.value:
        refuse_file(Path(_FIGURES.value))
    info = dataset_flags.chosen_dataset().info
    videos = dataset_flags.videos_of(_SPLIT.value or info.splits[1])
    ((name, path),) = named_sources([chosen_network()], "--workdir").items()
    with tempfile.TemporaryDirectory() as for_pictures:
        wanted = _PREDICTIONS_DIR.value, _FIGURES.value and for_pictures
        scores = evaluate(
            VideoSegmenter(path, allow_nonfinite=ALLOW_NONFINITE.value),
            streams(videos, dataset_flags.FRAME_STRIDE.value),
            info.classes,
            _MODE.value,
            _NUM_FRAMES.value,
            reset_every=_RESET_EVERY.value,
            every_frame=_EVERY_FRAME.value,
            with_tc=_TC.value,
            on_prediction=_write_to(filter(None, wanted)),
        )
        score_output.report({name: scores})
        if _FIGURES.value:
            _write_pictures(videos, for_pictures, name, scores)


if __name__ == "__main__":
    command.run(main)
