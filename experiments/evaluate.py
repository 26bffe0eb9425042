r"""Scores a trained network on a split of a data set.

    python -m experiments.evaluate --workdir=runs/icnet --dataset=camvid \
        --data_dir=$CAMVID --split=val

Ten seconds for CamVid at 192x256. Prints accuracy, mean IoU, mFP and mFIP and a line
per class.
"""

import json
from pathlib import Path

from absl import flags

from data.streams import streams
from experiments import command, dataset_flags
from experiments.evaluation import MODES, Scores, evaluate
from experiments.model_flags import chosen_network
from experiments.table import text_table
from lstm_icnet.video_segmenter import VideoSegmenter

_SPLIT = flags.DEFINE_string("split", None, "The data set's second by default.")
_MODE = flags.DEFINE_enum(
    "mode",
    "clip",
    MODES,
    "Each frame from a clip of its own, the paper's way, or as a stream.",
)
_NUM_FRAMES = flags.DEFINE_integer(
    "num_frames",
    4,
    "History a frame must have to be scored, itself counted in; all networks that "
    "are compared must have the same.",
    lower_bound=1,
)
_JSON = flags.DEFINE_string("json", None, "File to write the scores to.")


def describe(scores: Scores) -> str:
    """The scores as a table per class and one in all."""
    classes = [(name, _number(iou)) for name, iou in scores.per_class_iou.items()]
    overall = [
        ("accuracy (%)", _number(scores.accuracy)),
        ("mean IoU (%)", _number(scores.mean_iou)),
        ("mFP (per mille)", _number(scores.mfp)),
        ("mFIP (per mille)", _number(scores.mfip)),
        ("frames", str(scores.num_frames)),
        ("pairs of frames", str(scores.num_pairs)),
    ]
    return "\n\n".join(
        [
            text_table(("class", "IoU (%)"), classes),
            text_table(("all classes", ""), overall),
        ]
    )


def _number(value):
    return "-" if value is None else f"{value:.2f}"


def main():
    command.log_flags()
    info = dataset_flags.chosen_dataset().info
    videos = dataset_flags.videos_of(_SPLIT.value or info.splits[1])
    scores = evaluate(
        VideoSegmenter(chosen_network()),
        streams(videos, dataset_flags.FRAME_STRIDE.value),
        info.classes,
        _MODE.value,
        _NUM_FRAMES.value,
    )
    print(describe(scores))
    if _JSON.value:
        content = json.dumps(scores.as_json(), indent=2) + "\n"
        command.write_whole(Path(_JSON.value), content)


if __name__ == "__main__":
    command.run(main)
