"""Packs a data set into a few large files, for disks that are slow with small ones.

    python -m experiments.prepare_data --dataset=camvid --data_dir=$CAMVID \\
        --out_dir=shards

Two seconds for CamVid. Afterwards every other verb reads the same videos and clips with
`--data_dir=shards`. The shards are a TensorFlow Dataset, `driving_video/<data set>`. A
split that is not on disk is left out, with a message.
"""

from absl import flags

from data.datasets.driving_video import prepare
from data.datasets.open_dataset import DATASET_NAMES
from data.readers.shards import splits_left_out
from data.videos.selection import VideoSelection
from experiments.command_line import command

_DATASET = flags.DEFINE_enum(
    "dataset", None, DATASET_NAMES, "Name of the data set.", required=True
)
_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder of the data set.", required=True
)
_OUT_DIR = flags.DEFINE_string(
    "out_dir",
    None,
    "Folder to write the shards to; several data sets may share it.",
    required=True,
)
_ONLY = flags.DEFINE_list(
    "only_videos", [], "Shell patterns of the videos to take; all videos by default."
)
_SKIP = flags.DEFINE_list("skip_videos", [], "Shell patterns of videos to leave out.")


def main():
    selection = VideoSelection(_ONLY.value, _SKIP.value)
    folder = prepare(_DATASET.value, _DATA_DIR.value, _OUT_DIR.value, selection)
    for split, why in splits_left_out(folder).items():
        print(f"There is no split {split}: {why}")
    print(f"The shards are in {folder}")


if __name__ == "__main__":
    command.run(main)
