"""Writing video files and folders of images."""

from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np

from data.files.listing import refuse_url
from data.files.video.decoder import HIGHEST_RATE, count_frames
from data.files.video.encoder import ENCODINGS, LOWEST_RATE, VideoEncoder
from data.files.video.sound import Sound
from data.files.whole_file import refuse_full_folder, whole_file, whole_folder


class VideoWriter:
    """Writes frames to a video file or, as PNGs, into a folder.

        with VideoWriter("out.mp4", fps=25) as writer:
            writer.write(frame)

    Everything goes to a temporary name in the same folder and is renamed when the block
    ends, after the frames of a video have been counted, so `path` is never half a
    video. If an error ends the block, nothing stays.

    Args:
        path: Ends in `.mp4` (H.264, plays everywhere), `.webm` (VP8, free of patents),
            `.avi` (Motion JPEG, large), or has no suffix: a folder, new or empty, for
            `000000.png`, `000001.png`, ... A file that is there already is replaced.
        fps: Frames per second where `write` gets no times, 0.001 to 1000; a folder
            needs none.
        sound: Copied into a video file, from the time of its first frame to the end of
            its last one; a folder has none.

    Raises:
        FileExistsError: If a folder is wanted and `path` is a file, or not empty.
        ValueError: If `path` is a URL, its suffix is not known, `fps` is out of
            bounds, or the block ends without a frame.
        OSError: If the video cannot be written, as on a full disk.

    Warns:
        RuntimeWarning: If this kind of file cannot store the sound.

    Departures: a frame of odd height or width gets another row or column, a copy of
        its last one, as these codecs store even sizes. An `.avi` has a constant rate.
    """

    def __init__(
        self, path: str | Path, fps: float | None = None, sound: Sound | None = None
    ):
        refuse_url(path, "a video file or a folder to write")
        self._path = Path(path)
        suffix = self._path.suffix.lower()
        self._is_folder = self._path.is_dir() or not suffix
        if self._is_folder:
            refuse_full_folder(self._path)
        elif suffix not in ENCODINGS:
            raise ValueError(
                f"{path} should end in one of {', '.join(ENCODINGS)}, or have no "
                f"suffix for a folder of PNG files"
            )
        elif fps is None or not LOWEST_RATE <= fps <= HIGHEST_RATE:
            raise ValueError(
                f"`fps` must be positive, {LOWEST_RATE} to {HIGHEST_RATE}, for {path}. "
                f"Received: fps={fps}"
            )
        self._fps = fps
        self._sound = sound
        self._size: tuple[int, int] | None = None
        self._num_frames = 0
        self._output = ExitStack()  # what removes the temporary file or renames it
        self._temporary = self._path
        self._video: VideoEncoder | None = None

    def write(self, frame: np.ndarray, seconds: float | None = None) -> None:
        """Appends a uint8 RGB frame (height, width, 3), the size of the first one.

        Args:
            frame: The pixels.
            seconds: When it is shown; any start, ascending. Without, or if the first
                frame has none, frames follow each other at `fps`.
        """
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
            raise ValueError(
                "`frame` must be uint8 (height, width, 3). "
                f"Received: {frame.dtype.name} {frame.shape}"
            )
        if self._size is None:
            self._size = frame.shape[0], frame.shape[1]
            self._open(self._size, has_times=seconds is not None)
        if frame.shape[:2] != self._size:
            raise ValueError(
                f"Every frame of {self._path} must be (height, width) = {self._size}. "
                f"Received: {frame.shape[:2]}"
            )
        if self._video is None:
            encoded = cv2.imencode(".png", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))[1]
            name = f"{self._num_frames:06d}.png"
            (self._temporary / name).write_bytes(encoded.tobytes())
        else:
            self._video.write(frame, seconds)
        self._num_frames += 1

    def __enter__(self) -> "VideoWriter":
        return self

    def __exit__(self, error_type, error, trace) -> None:
        if error_type is not None:
            if self._video is not None:
                self._video.abandon()
            self._output.__exit__(error_type, error, trace)
            return
        with self._output:
            if not self._num_frames:
                raise ValueError(f"No frame was written to {self._path}")
            if self._video is not None:
                self._video.finish()
                self._read_back()

    def _open(self, size: tuple[int, int], has_times: bool) -> None:
        whole = whole_folder if self._is_folder else whole_file
        self._temporary = self._output.enter_context(whole(self._path))
        if self._fps is not None and not self._is_folder:
            encoding = ENCODINGS[self._path.suffix.lower()]
            self._video = VideoEncoder(
                self._temporary,
                self._path,
                encoding,
                self._fps,
                has_times,
                size,
                self._sound,
            )

    def _read_back(self):
        try:
            stored = count_frames(self._temporary)
        except ValueError:
            stored = 0
        if stored != self._num_frames:
            raise OSError(
                f"{self._path} could not be written whole: {stored} of "
                f"{self._num_frames} frames were stored; is the disk full?"
            )
