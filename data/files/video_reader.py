"""Reading video files, folders of images and cameras, through OpenCV."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from data.files.images import read_image, size_text
from data.files.listing import natural_order

IMAGE_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp")


@dataclass(frozen=True)
class FrameStream:
    """The frames of a video, to be iterated over once.

    Attributes:
        frames: Gives uint8 RGB frames (height, width, 3), decoded one at a time.
        size: (height, width) of every frame.
        fps: Frames per second, None where it is not known, as in a folder.
        num_frames: How many frames the file promises, None where it is not known.
    """

    frames: Iterator[np.ndarray]
    size: tuple[int, int]
    fps: float | None
    num_frames: int | None

    def __iter__(self) -> Iterator[np.ndarray]:
        return self.frames


def read_frames(source: str | Path | int) -> FrameStream:
    """Opens a video and decodes its first frame.

    Args:
        source: A video file, a folder of images of one size, read in the order of
            their names (`frame2.png` before `frame10.png`), or the index of a
            camera, as an int or as a string of digits. Rotated videos come upright.

    Raises:
        FileNotFoundError: If nothing is at `source`.
        ValueError: If it cannot be decoded, or holds no frame; while iterating, if
            an image of a folder cannot be read or has another size.

    Warns:
        RuntimeWarning: After the last frame of a file that breaks off, with the
            number of frames that could be decoded and that were promised.
    """
    path = Path(str(source))
    if path.is_dir():
        return _open_folder(path)
    if path.exists():
        return _open_capture(str(path), str(path))
    if str(source).isdecimal():
        return _open_capture(int(source), f"Camera {source}")
    raise FileNotFoundError(
        f"{path} is missing; a video file or a folder of images should be there"
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


def _read_images(paths, size):
    for path in paths:
        frame = read_image(str(path))
        if frame.shape[:2] != size:
            raise ValueError(
                f"{path} is {size_text(frame.shape)}, but {paths[0].name}, the first "
                f"frame of the video, is {size_text(size)}"
            )
        yield frame


def _open_capture(source, name):
    capture = cv2.VideoCapture(source)
    found, first = capture.read()
    if not found:
        capture.release()
        raise ValueError(f"{name} cannot be read as a video: no frame can be decoded")
    fps = capture.get(cv2.CAP_PROP_FPS)
    num_frames = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    is_file = isinstance(source, str)
    # OpenCV gives zero or nonsense where the header says nothing.
    num_frames = num_frames if is_file and num_frames > 0 else None
    return FrameStream(
        frames=_decode(capture, first, name, num_frames),
        size=first.shape[:2],
        fps=fps if fps > 0 else None,
        num_frames=num_frames,
    )


def _decode(capture, frame, name, num_promised):
    num_frames = 0
    found = True
    try:
        while found:
            yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
            num_frames += 1
            found, frame = capture.read()
    finally:
        capture.release()
    if num_promised is not None and num_frames < num_promised:
        warnings.warn(
            f"{name} breaks off: {num_frames} of {num_promised} frames could be "
            f"decoded",
            RuntimeWarning,
            stacklevel=2,
        )
