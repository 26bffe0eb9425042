"""The sound of a video file, copied packet by packet without decoding."""

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from typing import cast

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet


class Sound:
    """The packets of the first audio stream of a file, in order.

    Args:
        container: A file, opened for the sound alone; closed when this object is gone.
        stream: Its audio stream.
        origin: Time of the video frame at which the sound is to start, in seconds as
            the file counts them.
    """

    def __init__(self, container: InputContainer, stream: AudioStream, origin: float):
        self._container = container
        self._stream = stream
        self._origin = origin
        self._unit = cast(Fraction, stream.time_base)
        if origin > 0:
            with suppress(av.FFmpegError):  # a file that cannot be searched in
                container.seek(int(origin * av.time_base), backward=True)
        self._packets = self._from_origin()
        self._next = next(self._packets, None)

    @property
    def codec(self) -> str:
        """FFmpeg's name of the codec."""
        return self._stream.codec_context.codec.canonical_name

    def add_to(self, container: OutputContainer) -> AudioStream | None:
        """A stream for the sound in a file to write; `None` if it cannot store it."""
        if not {self._stream.codec_context.name, self.codec} & (
            container.supported_codecs
        ):
            return None
        with suppress(av.FFmpegError, ValueError):
            return cast(AudioStream, container.add_stream_from_template(self._stream))
        return None

    def take(self, seconds: float) -> Iterator[Packet]:
        """Yields the packets that start before `seconds`, counted from the origin."""
        while self._next is not None and self._seconds(self._next) < seconds:
            yield self._next
            self._next = next(self._packets, None)

    def _from_origin(self):
        shift = round(self._origin / self._unit)
        with suppress(av.FFmpegError):  # damaged: what can be read is copied
            for packet in self._container.demux(self._stream):
                if packet.pts is None or packet.dts is None or packet.pts < shift:
                    continue
                packet.pts -= shift
                packet.dts -= shift
                yield packet

    def _seconds(self, packet):
        return float(packet.pts * self._unit)


def open_sound(container: InputContainer, origin: float) -> Sound | None:
    """The sound of an opened file, `None` if it has none; see `Sound`."""
    streams = [s for s in container.streams.audio if s.codec_context is not None]
    return Sound(container, streams[0], origin) if streams else None
