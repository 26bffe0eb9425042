r"""Draws training clips as the network sees them: scaled, flipped, cropped, padded.

    python -m experiments.show_data --dataset=camvid --data_dir=$CAMVID \
        --split=train --output=clips.png

Ten seconds. The picture shows the frames of each clip and, below them, their labels in
colours. The same seed draws the same clips.
"""

from pathlib import Path

from absl import flags

from data.pipeline.augment import Augmentation
from data.videos.clips import clip_index
from experiments.command_line import clip_flags, command, dataset_flags
from experiments.command_line.flag_checks import require_png
from experiments.dataset_report.clip_pictures import save_training_clips

dataset_flags.require()
_SPLIT = flags.DEFINE_string(
    "split",
    None,
    "Split to draw from; by default the first of the data set, usually train.",
)
_OUTPUT = flags.DEFINE_string("output", None, "PNG file to write.", required=True)
_COUNT = flags.DEFINE_integer("count", 3, "Number of clips to draw.", 1, 20)
_NUM_FRAMES = flags.DEFINE_integer("num_frames", 4, "Frames per clip.", 1, 20)
_SEED = flags.DEFINE_integer(
    "seed", 0, "Seed of the order of clips and of the augmentation.", lower_bound=0
)
_MOTION_SHARE = flags.DEFINE_float(
    "motion_share",
    0.0,
    "Share of clips that are made from single labelled frames by a moving camera.",
    0.0,
    1.0,
)


def main():
    require_png("output", _OUTPUT.value)
    info = dataset_flags.chosen_dataset().info
    height, width = info.image_size
    videos = dataset_flags.videos_of(_SPLIT.value or info.splits[0])
    clips = []
    if _MOTION_SHARE.value < 1:
        stride = dataset_flags.FRAME_STRIDE.value
        clips = clip_index(videos, _NUM_FRAMES.value, stride)
    save_training_clips(
        Path(_OUTPUT.value),
        clips,
        info,
        Augmentation(
            (clip_flags.HEIGHT.value or height, clip_flags.WIDTH.value or width),
            clip_flags.MIN_SCALE.value,
            clip_flags.MAX_SCALE.value,
        ),
        _NUM_FRAMES.value,
        _SEED.value,
        _COUNT.value,
        _MOTION_SHARE.value,
        clip_index(videos, 1),
    )
    print(f"The clips are in {_OUTPUT.value}")


if __name__ == "__main__":
    command.run(main)
