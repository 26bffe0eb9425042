"""Virtual KITTI 2 (2.0.3): the worlds of 1.3.1 rendered anew, by two cameras.

    <rgb>/Scene01/clone/frames/rgb/Camera_0/rgb_00000.jpg, ...
    <labels>/Scene01/clone/frames/classSegmentation/Camera_0/classgt_00000.png, ...
    <text>/Scene01/clone/colors.txt

If all archives are unpacked into one folder, <rgb>, <labels> and <text> are that
folder. If each has a folder of its own, they are `vkitti_2.0.3_rgb`,
`vkitti_2.0.3_classSegmentation` and `vkitti_2.0.3_textgt`. Some copies write
`classsegmentation`. Scenes, variations and cameras may be missing.
Source: https://europe.naverlabs.com/research/computer-vision/proxy-virtual-worlds-vkitti-2
"""

import os
from pathlib import Path

from data.files.listing import can_be_listed, find_folders
from data.labels.encodings import IGNORE_LABEL, ColourEncoding
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
    "virtual_kitti_2",
    "https://europe.naverlabs.com/research/computer-vision/"
    "proxy-virtual-worlds-vkitti-2",
)
_ARCHIVE = "vkitti_2.0.3_{}"
_CASES = ("classSegmentation", "classsegmentation")
_IDS = CLASS_IDS | {"Undefined": IGNORE_LABEL}
# Black is no class in 2.0.3, even where colors.txt does not list it.
_UNDEFINED = {(0, 0, 0): IGNORE_LABEL}


def read_videos(data_dir: str, split: str) -> list[Video]:
    """The videos of a split, named `<scene>/<variation>/<camera>`, sorted by name.

    The two cameras of a scene are two videos. `train` is the first half of every
    video (one frame less than the second if the number is odd), `test` the second
    half, `all` the whole. Undefined pixels are ignored.

    Raises:
        FileNotFoundError: If there is no folder of a camera.
        IncompleteVideosError: If a `colors.txt`, an image or a label is missing, or a
            `colors.txt` cannot be read.
        ValueError: If `split` is unknown.
    """
    INFO.check_split(split)
    root = Path(data_dir)
    images = _unpacked(root, "rgb")
    cameras = list(_cameras(images))
    if not cameras:
        raise FileNotFoundError(
            f"{images}/Scene<number>/<variation>/frames/rgb/Camera_0/ is missing; "
            f"{root} should hold Virtual KITTI 2: the archives rgb, classSegmentation "
            f"and textgt{hint(root, _ARCHIVE.format('rgb'), 'Scene01')}"
        )
    return read_folders(images, cameras, lambda c: _read_video(root, c, split))


def _cameras(images):
    """Yields the folders of images, and those above them that cannot be read."""
    if not images.is_dir():
        return
    for variation in find_folders(images, 2):
        if not variation.relative_to(images).parts[0].startswith("Scene"):
            continue
        rgb = variation / "frames" / "rgb"
        if not can_be_listed(variation):
            yield variation
        elif os.path.lexists(rgb):  # there may be the text of a scene without images
            folders = find_folders(rgb, 1)
            yield from (f for f in folders if f.name.startswith("Camera_") or f == rgb)


def _read_video(root, images, split):
    scene, variation, _, _, camera = images.parts[-5:]
    frames = _unpacked(root, "classSegmentation") / scene / variation / "frames"
    folders = [frames / case / camera for case in _CASES]
    labels = next((folder for folder in folders if folder.is_dir()), folders[0])
    colours = _unpacked(root, "textgt") / scene / variation / "colors.txt"
    return Video(
        name=f"{scene}/{variation}/{camera}",
        frames=read_half(images, labels, "rgb_{:05d}.jpg", "classgt_{:05d}.png", split),
        spacing=1,
        label_encoding=ColourEncoding(
            _UNDEFINED | read_colours(colours, _IDS, "Terrain 210 0 200"),
            source=str(colours),
        ),
    )


def _unpacked(root, archive):
    """The folder that holds the scenes of an archive: one of its own, or `root`."""
    folder = find_folder(root, _ARCHIVE.format(archive))
    return folder if folder.is_dir() else root
