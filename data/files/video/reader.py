"""Reading videos wherever they are: files, URLs, folders of images and cameras."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from data.files.images import IMAGE_SUFFIXES, read_image, size_text
from data.files.listing import is_url, natural_order
from data.files.video.decoder import FrameStream, open_video_file

_DIGITS = re.compile("[0-9]+")


def read_frames(source: str | Path | int) -> FrameStream:
    """Opens a video and decodes its first frame.

    Args:
        source: A video file or its URL; a folder of images of one size, read in the
            order of their names (`frame2.png` before `frame10.png`); or a camera: its
            device or its index, as an int or as a string of digits.

    Raises:
        FileNotFoundError: If nothing is at `source`.
        ValueError: If it cannot be decoded, or holds no frame; while iterating, if
            frames differ in size, or an image of a folder cannot be read.

    Warns:
        RuntimeWarning: After the last frame, if a file breaks off or is damaged.
    """
    if isinstance(source, str) and is_url(source):
        return open_video_file(source)
    path = Path(str(source))
    if path.is_dir():
        return _open_folder(path)
    if path.exists():
        if stat.S_ISCHR(path.stat().st_mode):
            return _open_camera(str(path), str(path))
        return open_video_file(str(path))
    if _DIGITS.fullmatch(str(source)):
        return _open_camera(int(str(source)), f"Camera {source}")
    raise FileNotFoundError(
        f"{source} is missing; a video file or a folder of images should be there"
    )


def _open_folder(folder):
    paths = sorted(
        (
            path
            for path in folder.iterdir()
            if path.suffix.lower() in IMAGE_SUFFIXES and path.name[0] != "."
        ),
        key=lambda path: natural_order(path.name),
    )
    if not paths:
        raise ValueError(
            f"{folder} holds no image; files ending in one of "
            f"{', '.join(IMAGE_SUFFIXES)} should be there"
        )
    size = read_image(str(paths[0])).shape[:2]
    return FrameStream(_read_images(paths, size), size, None, len(paths))


def _read_images(paths, size) -> Iterator[tuple[None, np.ndarray]]:
    for path in paths:
        frame = read_image(str(path))
        if frame.shape[:2] != size:
            raise ValueError(
                f"{path} is {size_text(frame.shape)}, but {paths[0].name}, the first "
                f"frame of the video, is {size_text(size)}"
            )
        yield None, frame


def _open_camera(source: str | int, name: str) -> FrameStream:
    capture = cv2.VideoCapture(source)
    found, first = capture.read()
    if not found:
        capture.release()
        raise ValueError(f"{name} cannot be read as a video: no frame can be decoded")
    fps = capture.get(cv2.CAP_PROP_FPS)
    return FrameStream(
        timed_frames=_record(capture, first),
        size=first.shape[:2],
        fps=fps if fps > 0 else None,
        num_frames=None,
    )


def _record(capture, frame) -> Iterator[tuple[None, np.ndarray]]:
    found = True
    try:
        while found:
            yield None, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
            found, frame = capture.read()
    finally:
        capture.release()
