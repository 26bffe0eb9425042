"""Encoding frames into one video file, through PyAV."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
from av.video import VideoStream
from av.video.reformatter import ColorRange, Colorspace

from data.files.video.sound import Sound

LOWEST_RATE = 0.001  # frames per second
_LARGEST_DENOMINATOR = 100_000  # of a rate; FFmpeg's integers end at 2**31
_CLOCK = Fraction(1, 90_000)  # seconds; MPEG's, which has all usual rates exactly


@dataclass(frozen=True)
class Encoding:
    """How one kind of file stores frames.

    Attributes:
        codec: FFmpeg's name of the encoder.
        options: Of the encoder.
        container_options: Of the file.
        pixels: Format of the pixels that are encoded.
        colours: Matrix from RGB to the format of the pixels.
        keeps_times: Whether every frame has a time of its own.
        bits_per_pixel: Bounds the bit rate, for encoders that need a bound.
    """

    codec: str
    options: dict[str, str]
    container_options: dict[str, str] = field(default_factory=dict)
    pixels: str = "yuv420p"
    colours: Colorspace = Colorspace.ITU601
    keeps_times: bool = True
    bits_per_pixel: float | None = None


ENCODINGS = {
    ".mp4": Encoding(
        "libx264",
        # Without B-frames, whose order of decoding would cut the last times short.
        {"preset": "superfast", "crf": "19", "bf": "0"},
        # The index in front of the frames: a browser plays it while it is loaded.
        {"movflags": "+faststart"},
        colours=Colorspace.ITU709,
    ),
    ".webm": Encoding(
        "libvpx", {"deadline": "realtime", "cpu-used": "8"}, bits_per_pixel=0.4
    ),
    ".avi": Encoding(
        "mjpeg", {"qmin": "2", "qmax": "4"}, pixels="yuvj420p", keeps_times=False
    ),
}


class VideoEncoder:
    """Writes the frames of one video to one file.

    Args:
        file: The file to write.
        path: What errors call it.
        encoding: One of `ENCODINGS`.
        fps: Frames per second, and for how long the last frame is shown.
        has_times: Whether `write` gets the time of every frame.
        size: (height, width) of the frames; odd ones are rounded up.
        sound: Copied from the time of the first frame to the end of the last one.

    Raises:
        OSError: If the file cannot be written; so do all methods.
    """

    def __init__(
        self,
        file: Path,
        path: Path,
        encoding: Encoding,
        fps: float,
        has_times: bool,
        size: tuple[int, int],
        sound: Sound | None = None,
    ):
        self._path = path
        self._encoding = encoding
        rate = Fraction(fps).limit_denominator(_LARGEST_DENOMINATOR)
        self._keeps_times = has_times and encoding.keeps_times
        self._unit = _CLOCK if self._keeps_times else 1 / rate
        self._step = max(1, round(1 / rate / self._unit))
        self._start: float | None = None
        self._next = 0
        with self._errors_named():
            # Without `file:`, the part before a colon would be read as a protocol.
            options = encoding.container_options
            self._container = av.open(f"file:{file}", "w", options=options)
        try:
            with self._errors_named():
                self._stream = self._add_stream(rate, size)
                self._sound = self._add_sound(sound)
        except BaseException:
            self.abandon()
            raise

    def _add_stream(self, rate: Fraction, size: tuple[int, int]) -> VideoStream:
        encoding = self._encoding
        stream = cast(
            VideoStream,
            self._container.add_stream(
                encoding.codec, rate=rate, options=encoding.options
            ),
        )
        height, width = (length + length % 2 for length in size)
        context = stream.codec_context
        context.height, context.width = height, width
        context.pix_fmt = encoding.pixels
        context.time_base = stream.time_base = self._unit
        if encoding.bits_per_pixel:
            bits = encoding.bits_per_pixel * height * width * max(float(rate), 1.0)
            context.bit_rate = round(bits)
        if encoding.colours == Colorspace.ITU709:
            bt709 = int(Colorspace.ITU709)  # the same number for all three
            context.colorspace = bt709
            context.color_primaries = context.color_trc = bt709
        return stream

    def _add_sound(self, sound):
        """The sound and its stream in the file; `None` without."""
        stream = sound and sound.add_to(self._container)
        if sound is not None and stream is None:
            warnings.warn(
                f"The sound is {sound.codec}, which {self._path.suffix} files cannot "
                f"store; {self._path} will have no sound",
                RuntimeWarning,
                stacklevel=5,
            )
        return (sound, stream) if stream else None

    def write(self, frame: np.ndarray, seconds: float | None = None) -> None:
        """Appends a uint8 RGB frame (height, width, 3), shown at `seconds`."""
        picture = av.VideoFrame.from_ndarray(_with_even_size(frame), format="rgb24")
        full_range = self._encoding.pixels.startswith("yuvj")
        picture = picture.reformat(
            format=self._encoding.pixels,
            dst_colorspace=self._encoding.colours,
            dst_color_range=ColorRange.JPEG if full_range else ColorRange.MPEG,
        )
        picture.pts = self._ticks(seconds)
        picture.time_base = self._unit
        self._next = picture.pts + self._step
        with self._errors_named():
            self._mux(self._stream.encode(picture))
            self._mux_sound(picture.pts)

    def finish(self) -> None:
        """Writes what the encoder still holds, and closes the file."""
        with self._errors_named():
            try:
                self._mux(self._stream.encode(None))
                self._mux_sound(self._next)
            finally:
                self._container.close()

    def abandon(self) -> None:
        """Closes the unfinished file."""
        with suppress(av.FFmpegError):
            self._container.close()

    def _ticks(self, seconds):
        """The time of a frame in units; later than that of the frame before."""
        if not self._keeps_times or seconds is None:
            return self._next
        if self._start is None:
            self._start = seconds
        ticks = round((seconds - self._start) / self._unit)
        earliest = self._next - self._step + 1 if self._next else 0
        return ticks if ticks >= earliest else self._next

    def _mux(self, packets):
        for packet in packets:
            # The last frame's, which the file needs; before, the next time decides.
            packet.duration = packet.duration or self._step
            self._container.mux(packet)

    def _mux_sound(self, ticks):
        """Copies the sound up to a time."""
        if self._sound is not None:
            sound, stream = self._sound
            for packet in sound.take(float(ticks * self._unit)):
                packet.stream = stream
                self._container.mux(packet)

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except av.FFmpegError as error:
            if isinstance(error, OSError):
                raise OSError(error.errno, error.strerror, str(self._path)) from None
            raise OSError(f"{self._path} cannot be written: {error.strerror}") from None


def _with_even_size(frame):
    bottom, right = frame.shape[0] % 2, frame.shape[1] % 2
    if not bottom and not right:
        return np.ascontiguousarray(frame)
    return cv2.copyMakeBorder(frame, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
