"""Turns a data set's tree of files into shards, for disks slow with small files.

    python -m experiments.prepare_data --dataset=camvid --data_dir=$CAMVID \\
        --out_dir=shards

Afterwards `--data_dir=shards` stands for the tree in every other binary: same videos,
same clips. The shards are a TensorFlow Dataset, `driving_video/<data set>`. Splits that
are not in the tree are left out, and named.
"""

from absl import flags

from data.datasets.driving_video import prepare
from data.datasets.open_dataset import DATASET_NAMES
from data.readers.shards import splits_left_out
from experiments.command_line import command

_DATASET = flags.DEFINE_enum("dataset", None, DATASET_NAMES, "Data set.", required=True)
_DATA_DIR = flags.DEFINE_string("data_dir", None, "Its folder.", required=True)
_OUT_DIR = flags.DEFINE_string(
    "out_dir", None, "Folder for the shards of any number of data sets.", required=True
)


def main():
    folder = prepare(_DATASET.value, _DATA_DIR.value, _OUT_DIR.value)
    for split, why in splits_left_out(folder).items():
        print(f"There is no split {split}: {why}")
    print(f"The shards lie in {folder}")


if __name__ == "__main__":
    command.run(main)
