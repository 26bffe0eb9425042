"""All data sets by name."""

from collections.abc import Callable
from dataclasses import dataclass

from data import camvid, virtual_kitti
from data.dataset_info import DatasetInfo
from data.video import Video


@dataclass(frozen=True)
class Dataset:
    """The facts of a data set and its reader, `read_videos(data_dir, split)`."""

    info: DatasetInfo
    read_videos: Callable[[str, str], list[Video]]


DATASETS = {
    module.INFO.name: Dataset(module.INFO, module.read_videos)
    for module in (camvid, virtual_kitti)
}
