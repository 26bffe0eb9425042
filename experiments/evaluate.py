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

from functools import partial
from pathlib import Path

from absl import flags

from data.cityscapes import INFO as CITYSCAPES
from data.cityscapes_results import write_result
from data.id_image import write_ids
from data.streams import streams
from experiments import command, dataset_flags, score_files
from experiments.evaluation import MODES, evaluate
from experiments.model_flags import chosen_network
from lstm_icnet.video_segmenter import VideoSegmenter

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


def _writers():
    """What is done with every prediction, as the flags ask."""
    writers = []
    if _PREDICTIONS_DIR.value:
        writers.append(partial(write_prediction, Path(_PREDICTIONS_DIR.value)))
    if _RESULTS_DIR.value:
        if dataset_flags.DATASET.value != CITYSCAPES.name:
            raise ValueError(
                f"--results_dir is for --dataset={CITYSCAPES.name}; "
                f"--predictions_dir is for any data set"
            )
        out_dir = _RESULTS_DIR.value
        writers.append(
            lambda _, frame, labels: write_result(out_dir, frame.image, labels)
        )
    return writers


def write_prediction(folder, stream, frame, labels):
    """Writes one prediction below `folder`, where `experiments.flicker` looks."""
    write_ids(folder / stream.video.name / f"{frame.name}.png", labels)


def main():
    command.log_flags()
    info = dataset_flags.chosen_dataset().info
    videos = dataset_flags.videos_of(_SPLIT.value or info.splits[1])
    writers = _writers()

    def write(*prediction):
        for writer in writers:
            writer(*prediction)

    scores = evaluate(
        VideoSegmenter(chosen_network()),
        streams(videos, dataset_flags.FRAME_STRIDE.value),
        info.classes,
        _MODE.value,
        _NUM_FRAMES.value,
        reset_every=_RESET_EVERY.value,
        every_frame=_EVERY_FRAME.value,
        with_tc=_TC.value,
        on_prediction=write,
    )
    score_files.report({chosen_network(): scores})


if __name__ == "__main__":
    command.run(main)
