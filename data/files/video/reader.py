"""Reading videos wherever they are: files, URLs, images and cameras."""

import re
import stat
from pathlib import Path

from data.files.listing import is_url
from data.files.video.camera import open_camera
from data.files.video.decoder import open_video_file
from data.files.video.frame_stream import (
    FROM_THE_BEGINNING,
    FrameStream,
    OnBroken,
    Start,
)
from data.files.video.image_sequence import is_pattern, open_folder, open_pattern

_DIGITS = re.compile("[0-9]+")


def read_frames(
    source: str | Path | int,
    start: Start = FROM_THE_BEGINNING,
    on_broken: OnBroken | None = None,
    with_sound: bool = False,
) -> FrameStream:
    """Opens a video and decodes its first frame.

    Args:
        source: A video file or its URL; a folder of images of one size, or a pattern
            such as `drive/*.png`, read in the order of their names (`frame2.png` before
            `frame10.png`); or a camera: its device or its index, as an int or as a
            string of digits.
        start: The first frame to give. Images have no times, so they need the number of
            a frame; a camera starts now.
        on_broken: Called with a `ValueError` for every frame that cannot be read whole.
            If it returns, the frame is left out, or kept where the decoder could make
            up the missing parts. By default an image raises the error, and a video
            leaves frames out and warns at the end.
        with_sound: Whether to give the sound of a video file as well.

    Raises:
        FileNotFoundError: If nothing is at `source`.
        ValueError: If it cannot be decoded, or holds no frame; while iterating, if
            frames differ in size, or an image cannot be read.

    Warns:
        RuntimeWarning: After the last frame, if a file breaks off or is damaged.
    """
    if isinstance(source, str) and is_url(source):
        return open_video_file(source, start, on_broken, with_sound)
    path = Path(str(source))
    if path.is_dir():
        return open_folder(path, start, on_broken)
    if path.exists():
        if stat.S_ISCHR(path.stat().st_mode):
            return _open_camera(str(path), str(path), start)
        return open_video_file(str(path), start, on_broken, with_sound)
    if _DIGITS.fullmatch(str(source)):
        return _open_camera(int(str(source)), f"Camera {source}", start)
    if is_pattern(str(source)):
        return open_pattern(str(source), start, on_broken)
    raise FileNotFoundError(
        f"{source} is missing; a video file or a folder of images should be there"
    )


def _open_camera(source, name, start):
    if start:
        raise ValueError(f"{name} is a camera, which starts now and nowhere else")
    return open_camera(source, name)
