"""All data sets by name."""

from collections.abc import Callable
from dataclasses import dataclass

from data.files.listing import refuse_url
from data.readers import (
    camvid,
    camvid_32,
    cityscapes,
    folder,
    virtual_kitti,
    virtual_kitti_2,
)
from data.readers.dataset_info import DatasetInfo
from data.readers.shards import (
    prepared_folder,
    read_prepared_info,
    read_prepared_videos,
)
from data.videos.video import Video


@dataclass(frozen=True)
class Dataset:
    """A data set that can be read.

    Attributes:
        info: Its facts.
        read_videos: Its reader, called as `read_videos(data_dir, split)`.
    """

    info: DatasetInfo
    read_videos: Callable[[str, str], list[Video]]


DATASETS = {
    module.INFO.name: Dataset(module.INFO, module.read_videos)
    for module in (camvid, camvid_32, cityscapes, virtual_kitti, virtual_kitti_2)
}
DATASET_NAMES = sorted([*DATASETS, folder.NAME])


def open_dataset(name: str, data_dir: str) -> Dataset:
    """Opens the data set `name` in the folder `data_dir`.

    The facts of most data sets are fixed; those of a plain folder are read from it. If
    `data_dir` holds shards of the data set, as `driving_video` makes them, they are
    read instead of a tree.

    Raises:
        FileNotFoundError: If a plain folder is missing.
        ValueError: If there is no data set of that name, `data_dir` is a URL, or the
            settings of a plain folder or the description of shards are wrong.
    """
    refuse_url(data_dir, "the data set's folder")
    if name not in DATASET_NAMES:
        raise ValueError(
            f"`name` must be one of {', '.join(DATASET_NAMES)}. Received: name={name!r}"
        )
    shards = prepared_folder(name, data_dir)
    if shards is not None:
        return Dataset(
            read_prepared_info(shards),
            lambda _, split: read_prepared_videos(shards, split),
        )
    if name == folder.NAME:
        return Dataset(folder.read_info(data_dir), folder.read_videos)
    return DATASETS[name]
