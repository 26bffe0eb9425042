"""The frames of a video, wherever they come from, and where to start in it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from data.files.video.sound import Sound

# Called with the error of a frame that cannot be read; it raises, or the frame is left
# out.
OnBroken = Callable[[ValueError], None]
_START = re.compile(r"(\d+)f|(\d+(?:\.\d*)?|\.\d+)s?")


@dataclass(frozen=True)
class FrameStream:
    """The frames of a video, to be iterated over once.

    Attributes:
        timed_frames: Gives (seconds since the first frame, uint8 RGB frame of shape
            (height, width, 3)), decoded one at a time; None for seconds where a source
            has no times, as a folder.
        size: (height, width) of every frame.
        fps: Mean frames per second, None where it is not known, as in a folder.
        num_frames: How many frames there probably are, for a progress bar; None where
            it is not known. A damaged file holds fewer.
        names: Names of the frames without suffix, where each is a file of its own; the
            name of a frame that is left out is removed before the next frame is given.
        sound: The sound, if it was asked for and there is one.
        is_live: Whether frames are lost if they are not read at once, as of a camera.
    """

    timed_frames: Iterator[tuple[float | None, np.ndarray]]
    size: tuple[int, int]
    fps: float | None
    num_frames: int | None
    names: list[str] | None = None
    sound: Sound | None = None
    is_live: bool = False

    def __iter__(self) -> Iterator[np.ndarray]:
        """The frames without their times."""
        return (frame for _, frame in self.timed_frames)


@dataclass(frozen=True)
class Start:
    """The first frame of a video to read: by its time, or by its number from 0."""

    seconds: float = 0.0
    frame: int = 0

    @classmethod
    def parse(cls, text: str) -> "Start":
        """`12.5` or `12.5s` is a time in seconds, `300f` the number of a frame.

        Raises:
            ValueError: If it is neither.
        """
        found = _START.fullmatch(text)
        if found is None:
            raise ValueError(
                f"A start must be seconds, such as 12.5, or a frame, such as 300f. "
                f"Received: {text}"
            )
        if found[1]:
            return cls(frame=int(found[1]))
        return cls(seconds=float(found[2]))

    def __bool__(self) -> bool:
        return self.seconds > 0 or self.frame > 0


FROM_THE_BEGINNING = Start()


def first_and_all(frames: Iterator) -> tuple:
    """(the first item, all items); raises `StopIteration` if there is none."""
    first = next(frames)
    return first, chain([first], frames)
