"""The frames of a camera, through OpenCV."""

import time
from collections.abc import Iterator

import cv2
import numpy as np

from data.files.video.frame_stream import FrameStream


def open_camera(source: str | int, name: str) -> FrameStream:
    """Opens a camera and reads its first frame.

    The time of a frame is when it was received.

    Args:
        source: Index or device of the camera.
        name: What errors call it.

    Raises:
        ValueError: If it gives no frame.
    """
    capture = _capture(source)
    found, first = capture.read()
    if not found:
        capture.release()
        raise ValueError(
            f"{name} cannot be read as a video: no frame can be decoded; is the camera "
            f"connected, and may this user read its device?"
        )
    fps = capture.get(cv2.CAP_PROP_FPS)
    return FrameStream(
        timed_frames=_record(capture, first),
        size=first.shape[:2],
        fps=fps if fps > 0 else None,
        num_frames=None,
        is_live=True,
    )


def _capture(source):
    """OpenCV's camera, without the warnings that it prints if there is none."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        return cv2.VideoCapture(source)
    finally:
        cv2.utils.logging.setLogLevel(level)


def _record(capture, frame) -> Iterator[tuple[float, np.ndarray]]:
    start = now = time.monotonic()
    found = True
    try:
        while found:
            yield now - start, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
            found, frame = capture.read()
            now = time.monotonic()
    finally:
        capture.release()
