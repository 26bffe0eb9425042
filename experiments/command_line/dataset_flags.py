"""The flags that choose a data set, and the videos that they select."""

from functools import cache

from absl import flags

from data.datasets.open_dataset import DATASET_NAMES, Dataset, open_dataset
from data.videos.selection import (
    VideoSelection,
    read_all_but_incomplete,
    read_selected,
)
from data.videos.video import Video

DATASET = flags.DEFINE_enum("dataset", None, DATASET_NAMES, "Name of the data set.")
DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder of the data set, or of shards made by prepare_data."
)
_ONLY = flags.DEFINE_list(
    "only_videos",
    [],
    "Use only the videos whose names match one of these shell patterns, separated by "
    "commas; all by default.",
)
_SKIP = flags.DEFINE_list(
    "skip_videos",
    [],
    "Leave out the videos whose names match one of these shell patterns, separated by "
    "commas.",
)
FRAME_STRIDE = flags.DEFINE_integer(
    "frame_stride",
    1,
    "Distance between two consecutive frames of a clip or a pair, in stored frames.",
    lower_bound=1,
)


def require() -> None:
    """Makes --dataset and --data_dir required."""
    flags.mark_flags_as_required(["dataset", "data_dir"])


def chosen_dataset() -> Dataset:
    """The data set that the flags choose."""
    return _opened(DATASET.value, DATA_DIR.value)


# Opening a plain folder reads some of its images, so it is done once.
_opened = cache(open_dataset)


def videos_of(split: str, select: bool = True) -> list[Video]:
    """The videos of a split; with `select`, those that the flags select.

    Faults of videos that are not selected are ignored. Without `select`, only
    incomplete videos can be skipped.
    """
    read = chosen_dataset().read_videos
    if select:
        return read_selected(read, DATA_DIR.value, split, selected_videos())
    return read_all_but_incomplete(read, DATA_DIR.value, split, _SKIP.value)


def selected_videos() -> VideoSelection:
    """Which videos the flags select."""
    return VideoSelection(_ONLY.value, _SKIP.value)


def as_flags() -> dict[str, object]:
    """The values of these flags by name, without the stride."""
    return {
        "dataset": DATASET.value,
        "data_dir": DATA_DIR.value,
        "only_videos": _ONLY.value,
        "skip_videos": _SKIP.value,
    }
