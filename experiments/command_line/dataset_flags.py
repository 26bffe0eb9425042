"""The flags that choose a data set, and the videos they mean."""

from functools import cache

from absl import flags

from data.datasets.open_dataset import DATASET_NAMES, Dataset, open_dataset
from data.videos.video import Video, select_videos

DATASET = flags.DEFINE_enum("dataset", None, DATASET_NAMES, "Data set.")
DATA_DIR = flags.DEFINE_string("data_dir", None, "Its folder.")
_ONLY = flags.DEFINE_list(
    "only_videos", [], "Shell patterns of the videos to take; all by default."
)
_SKIP = flags.DEFINE_list("skip_videos", [], "Shell patterns of videos to leave out.")
FRAME_STRIDE = flags.DEFINE_integer(
    "frame_stride",
    1,
    "Distance of the frames of a clip and of a pair, in stored frames.",
    lower_bound=1,
)


def require() -> None:
    """For a binary that does nothing without a data set."""
    flags.mark_flags_as_required(["dataset", "data_dir"])


def chosen_dataset() -> Dataset:
    return _opened(DATASET.value, DATA_DIR.value)


# A plain folder looks into its images to know itself; once is enough.
_opened = cache(open_dataset)


def videos_of(split: str, select: bool = True) -> list[Video]:
    """The videos of a split; with `select`, those that the flags let through."""
    videos = chosen_dataset().read_videos(DATA_DIR.value, split)
    return selected(videos) if select else videos


def selected(videos: list[Video]) -> list[Video]:
    """Those of the videos that the flags let through."""
    return select_videos(videos, _ONLY.value, _SKIP.value)
