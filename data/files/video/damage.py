"""What is missing in a damaged video file."""

import warnings

import av

from data.files.video.frame_stream import OnBroken


class Damage:
    """Counts the frames of a file that cannot be decoded, and reports them.

    Args:
        source: The file.
        on_broken: Called for every broken frame; by default a warning at the end sums
            them up.

    Attributes:
        breaks_off: Whether the file ends before its last frame.
        is_silent: Whether frames are counted only: those before the start.
    """

    def __init__(self, source: str, on_broken: OnBroken | None):
        self._source = source
        self._on_broken = on_broken
        self._decoded = self._missing = self._missing_at_end = self._mended = 0
        self.breaks_off = False
        self.is_silent = False

    def add_missing(self) -> None:
        """A frame that cannot be decoded."""
        self._missing += 1
        self._missing_at_end += 1
        if self._reports_frames():
            number = self._decoded + self._missing - 1
            self._report(f"{self._source}: frame {number} cannot be decoded")

    def add_frame(self, frame: av.VideoFrame) -> None:
        """A frame that was decoded, perhaps only in parts."""
        if frame.is_corrupt and self._reports_frames():
            number = self._decoded + self._missing
            self._report(
                f"{self._source}: parts of frame {number} cannot be decoded and are "
                f"made up from other frames"
            )
        self._decoded += 1
        self._missing_at_end = 0
        self._mended += frame.is_corrupt

    def sum_up(self) -> None:
        """Reports, after the last frame, what was not reported frame by frame."""
        source, decoded = self._source, self._decoded
        if not decoded:
            raise ValueError(
                f"{source} cannot be read as a video: no frame can be decoded"
            )
        if self.breaks_off or self._missing_at_end:
            self._report(f"{source} breaks off after {decoded} frames")
        elif self._on_broken is not None:
            return
        elif self._missing:
            self._report(
                f"{source} is damaged: {self._missing} of its "
                f"{self._missing + decoded} frames cannot be decoded"
            )
        elif self._mended:
            self._report(
                f"{source} is damaged: parts of {self._mended} of its {decoded} frames "
                f"cannot be decoded and are made up from other frames"
            )

    def _reports_frames(self):
        return self._on_broken is not None and not self.is_silent

    def _report(self, message):
        if self._on_broken is not None:
            self._on_broken(ValueError(message))
        else:
            warnings.warn(message, RuntimeWarning, stacklevel=4)
