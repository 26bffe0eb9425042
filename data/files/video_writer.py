"""Writing video files and folders of images, through OpenCV."""

import os
import shutil
from pathlib import Path

import cv2
import numpy as np

# What the OpenCV wheels can encode, H.264 not being among it: MPEG-4 part 2 at 4 ms
# and VP8 at 65 ms for a frame of 960x540. VP9 would take 380 ms.
_CODECS = {".avi": "MJPG", ".mp4": "mp4v", ".webm": "VP80"}


class VideoWriter:
    """Writes frames to a video file or, as PNGs, into a folder.

        with VideoWriter("out.mp4", fps=25) as writer:
            writer.write(frame)

    Everything goes to a temporary name in the same folder and is moved when the block
    ends, so `path` is never half a video; if an error ends the block, nothing stays.

    Args:
        path: Ends in `.mp4` (MPEG-4 part 2, for players and editors), `.webm` (VP8,
            for browsers too), `.avi` (Motion JPEG, large, for anything), or has no
            suffix: a folder, new or empty, for `000000.png`, `000001.png`, ...
            A file that is there already is replaced.
        fps: Frames per second, which a folder does without.

    Raises:
        FileExistsError: If a folder is wanted and `path` is a file, or not empty.
        ValueError: If the suffix is not known, `fps` is not positive, or the block
            ends without a frame.
        OSError: If the video cannot be written, as on a full disk.

    Departures: a frame of odd height or width is continued by a pixel in a video
        file, since these codecs store even sizes.
    """

    def __init__(self, path: str | Path, fps: float | None = None):
        self._path = Path(path)
        suffix = self._path.suffix.lower()
        self._is_folder = self._path.is_dir() or not suffix
        if self._is_folder:
            if self._path.is_file() or (
                self._path.is_dir() and any(self._path.iterdir())
            ):
                raise FileExistsError(
                    f"{path} is there already; a new or an empty folder would do"
                )
        elif suffix not in _CODECS:
            raise ValueError(
                f"{path} should end in one of {', '.join(_CODECS)}, or have no suffix "
                f"for a folder of PNG files"
            )
        elif fps is None or not fps > 0:
            raise ValueError(f"`fps` must be positive for {path}. Received: fps={fps}")
        self._fps = fps
        self._partial = self._path.with_name(
            f".{self._path.stem}.{os.getpid()}.partial{suffix}"
        )
        self._size = None
        self._num_frames = 0
        self._video = None

    def write(self, frame: np.ndarray) -> None:
        """Appends a uint8 RGB frame (height, width, 3), the size of the first one."""
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
            raise ValueError(
                "`frame` must be uint8 (height, width, 3). "
                f"Received: {frame.dtype.name} {frame.shape}"
            )
        if self._size is None:
            self._size = frame.shape[:2]
            self._open()
        if frame.shape[:2] != self._size:
            raise ValueError(
                f"Every frame of {self._path} must be (height, width) = {self._size}. "
                f"Received: {frame.shape[:2]}"
            )
        frame = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
        if self._is_folder:
            self._write_png(frame)
        else:
            self._video.write(_evened(frame))
        self._num_frames += 1

    def __enter__(self) -> "VideoWriter":
        return self

    def __exit__(self, error_type, error, trace) -> None:
        if self._video is not None:
            self._video.release()
        try:
            if error_type is None:
                self._check()
                if self._is_folder and self._path.is_dir():
                    self._path.rmdir()
                os.replace(self._partial, self._path)
        finally:
            if self._partial.is_dir():
                shutil.rmtree(self._partial)
            else:
                self._partial.unlink(missing_ok=True)

    def _open(self):
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._is_folder:
            self._partial.mkdir()
            return
        height, width = (length + length % 2 for length in self._size)
        codec = cv2.VideoWriter_fourcc(*_CODECS[self._path.suffix.lower()])
        self._video = cv2.VideoWriter(
            str(self._partial), cv2.CAP_FFMPEG, codec, self._fps, (width, height)
        )
        if not self._video.isOpened():
            raise OSError(f"{self._path} cannot be opened for writing {width}x{height}")

    def _write_png(self, frame):
        encoded = cv2.imencode(".png", frame)[1]
        (self._partial / f"{self._num_frames:06d}.png").write_bytes(encoded)

    def _check(self):
        if not self._num_frames:
            raise ValueError(f"No frame was written to {self._path}")
        if self._is_folder:
            return
        # OpenCV keeps silent when a frame cannot be stored.
        stored = cv2.VideoCapture(str(self._partial)).get(cv2.CAP_PROP_FRAME_COUNT)
        # Webm has no count but a duration, which rounding may cut by a frame.
        if stored < self._num_frames - 1:
            raise OSError(
                f"{self._path} could not be written whole: {max(0, int(stored))} of "
                f"{self._num_frames} frames were stored; is the disk full?"
            )


def _evened(frame):
    bottom, right = frame.shape[0] % 2, frame.shape[1] % 2
    if not bottom and not right:
        return frame
    return cv2.copyMakeBorder(frame, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
