"""The frames of a video file, one by one and in groups."""

import warnings
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")


def frames_of(video: str | Path | Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Yields the frames of a video file upright, or those of an iterable as they are.

    Frames that cannot be decoded are left out. `experiments.segment` reads more kinds
    of videos.

    Args:
        video: Path of a file, or an iterable of frames.

    Raises:
        FileNotFoundError: If there is no file at the path.
        ValueError: If no frame of the file can be decoded.

    Warns:
        RuntimeWarning: After the last frame, if the file breaks off.
    """
    if isinstance(video, str | Path):
        return _decoded(Path(video))
    return iter(video)


def in_groups(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yields lists of `size` items, the last one shorter.

    If `items` raises an error, the items before it are yielded first.
    """
    iterator, ended = iter(items), False
    while not ended:
        group: list[Item] = []
        error = None
        try:
            for item in islice(iterator, size):
                group.append(item)
        except Exception as raised:
            error = raised
        ended = len(group) < size
        if group:
            yield group
        if error is not None:
            raise error


def _decoded(path):
    import av

    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; a video file should be there")
    count = 0
    try:
        # Without `file:`, the part of a name before a colon is taken as a protocol.
        with av.open(f"file:{path}", metadata_errors="replace") as container:
            for frame in _frames(container):
                yield _upright(frame)
                count += 1
    except (av.FFmpegError, IndexError) as error:
        if not count:
            raise _unreadable(path) from error
        warnings.warn(
            f"{path} breaks off after {count} frames", RuntimeWarning, stacklevel=3
        )
    if not count:
        raise _unreadable(path)


def _frames(container):
    import av

    stream = container.streams.video[0]
    stream.thread_type = "AUTO"  # decodes in other threads
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue
        yield from frames


def _upright(frame):
    """A frame as RGB, turned by the quarter turns that its metadata ask for."""
    image = frame.to_ndarray(format="rgb24")
    quarters = round(frame.rotation / 90) % 4  # counterclockwise
    return np.ascontiguousarray(np.rot90(image, quarters)) if quarters else image


def _unreadable(path):
    return ValueError(f"{path} cannot be read as a video: no frame can be decoded")
