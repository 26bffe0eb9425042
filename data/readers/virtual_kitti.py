"""Virtual KITTI 1.3.1: five worlds, each rendered in ten variations.

    vkitti_1.3.1_rgb/<world>/<variation>/00000.png, ...
    vkitti_1.3.1_scenegt/<world>/<variation>/00000.png, ...
    vkitti_1.3.1_scenegt/<world>_<variation>_scenegt_rgb_encoding.txt

Worlds and variations may be missing. Each of the two folders may also lie in a folder
that its archive was unpacked into.
Source: https://europe.naverlabs.com/research/proxy-virtual-worlds
"""

from pathlib import Path

from data.files.listing import find_folders
from data.labels.encodings import ColourEncoding
from data.readers.base_virtual_kitti import (
    CLASS_IDS,
    read_colours,
    read_folders,
    read_half,
    virtual_kitti_info,
)
from data.readers.unpacked import find_folder, hint
from data.videos.video import Video

INFO = virtual_kitti_info(
    "virtual_kitti", "https://europe.naverlabs.com/research/proxy-virtual-worlds"
)
_RGB, _SCENEGT = "vkitti_1.3.1_rgb", "vkitti_1.3.1_scenegt"
_FILE_NAME = "{:05d}.png"
_EXAMPLE = "Terrain 210 0 200 or Car:0 200 200 200"


def read_videos(data_dir: str, split: str) -> list[Video]:
    """The videos of a split, named `<world>/<variation>`, sorted by name.

    `train` is the first half of every video (one frame less than the second if the
    number is odd), `test` the second half, `all` the whole.

    Raises:
        FileNotFoundError: If there is no folder of a video.
        IncompleteVideosError: If an encoding file, an image or a label is missing, or
            an encoding file cannot be read.
        ValueError: If `split` is unknown.
    """
    INFO.check_split(split)
    root = Path(data_dir)
    images, labels = find_folder(root, _RGB), find_folder(root, _SCENEGT)
    folders = find_folders(images, 2) if images.is_dir() else []
    if not folders:
        raise FileNotFoundError(
            f"{images}/<world>/<variation>/ is missing; {root} should hold "
            f"Virtual KITTI 1.3.1: {_RGB}/ and {_SCENEGT}/{hint(root, _RGB)}"
        )
    return read_folders(images, folders, lambda f: _read_video(f, labels, split))


def _read_video(folder: Path, all_labels: Path, split: str) -> Video:
    world, variation = folder.parts[-2:]
    labels = all_labels / world / variation
    # Each car and van has a colour of its own, which differs from file to file.
    colours = all_labels / f"{world}_{variation}_scenegt_rgb_encoding.txt"
    return Video(
        name=f"{world}/{variation}",
        frames=read_half(folder, labels, _FILE_NAME, _FILE_NAME, split),
        spacing=1,
        label_encoding=ColourEncoding(
            read_colours(colours, CLASS_IDS, _EXAMPLE), source=str(colours)
        ),
    )
