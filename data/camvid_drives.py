"""The drives of CamVid, which its file names tell apart."""

import re
from collections.abc import Iterable

from data.labels import ColourEncoding, IndexEncoding
from data.video import Frame, Video, most_common_spacing

_IMAGE_NAME = re.compile(r"(?P<drive>[^_]+)_f?(?P<number>\d+)\.png")


def drive_and_number(image_name: str) -> tuple[str, int] | None:
    """("0006R0", 1230) for `0006R0_f01230.png`; None if it is no image of a drive."""
    match = _IMAGE_NAME.fullmatch(image_name)
    return (match["drive"], int(match["number"])) if match else None


def videos_of_drives(
    frames: Iterable[tuple[str, Frame]], label_encoding: IndexEncoding | ColourEncoding
) -> list[Video]:
    """A video for each drive, in the order of names.

    Args:
        frames: Pairs of a drive's name and a frame of it, in any order.
        label_encoding: That of all labels.
    """
    drives = {}
    for drive, frame in frames:
        drives.setdefault(drive, {})[frame.number] = frame
    return [_video(name, drives[name], label_encoding) for name in sorted(drives)]


def _video(name, frames, label_encoding):
    numbers = sorted(frames)
    return Video(
        name=name,
        frames=tuple(frames[number] for number in numbers),
        spacing=most_common_spacing(numbers),
        label_encoding=label_encoding,
    )
