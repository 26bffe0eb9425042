"""Images of one size, one file a frame, read as a video."""

from collections.abc import Iterator, Sequence
from glob import glob, has_magic
from pathlib import Path

import numpy as np

from data.files.images import IMAGE_SUFFIXES, read_undamaged_image, size_text
from data.files.listing import natural_order
from data.files.video.frame_stream import (
    FROM_THE_BEGINNING,
    FrameStream,
    OnBroken,
    Start,
    first_and_all,
)


def open_folder(
    folder: Path, start: Start = FROM_THE_BEGINNING, on_broken: OnBroken | None = None
) -> FrameStream:
    """The images in a folder, in the natural order of their names.

    Raises:
        ValueError: If there is none.
    """
    paths = [path for path in folder.iterdir() if _is_image(path)]
    if not paths:
        raise ValueError(
            f"{folder} holds no image; files ending in one of "
            f"{', '.join(IMAGE_SUFFIXES)} should be there"
        )
    return _open_images(paths, str(folder), start, on_broken)


def open_pattern(
    pattern: str, start: Start = FROM_THE_BEGINNING, on_broken: OnBroken | None = None
) -> FrameStream:
    """The images that match a pattern, such as `drive/*_left.png`; `**` is any folder.

    Raises:
        FileNotFoundError: If none does.
    """
    paths = [*filter(_is_image, map(Path, glob(pattern, recursive=True)))]
    if not paths:
        raise FileNotFoundError(
            f"{pattern} matches no image; files ending in one of "
            f"{', '.join(IMAGE_SUFFIXES)} should match"
        )
    return _open_images(paths, pattern, start, on_broken)


def is_pattern(source: str) -> bool:
    """Whether `source` has a `*`, a `?` or a `[...]`."""
    return has_magic(source)


def _is_image(path):
    return path.suffix.lower() in IMAGE_SUFFIXES and path.name[0] != "."


def _open_images(paths, source, start, on_broken):
    if start.seconds:
        raise ValueError(
            f"{source} has images without times, so the start must be a frame, such as "
            f"{round(start.seconds)}f. Received: {start.seconds:g} seconds"
        )
    paths = sorted(paths, key=lambda path: natural_order(str(path)))
    if start.frame >= len(paths):
        raise ValueError(
            f"{source} has {len(paths)} images, and so no frame {start.frame}, counted "
            f"from 0"
        )
    paths = paths[start.frame :]
    names = [path.stem for path in paths]
    are_different = len(set(names)) == len(names)
    try:
        first, frames = first_and_all(_read_images(paths, names, on_broken))
    except StopIteration:
        raise ValueError(f"{source} holds no image that can be read") from None
    return FrameStream(
        frames, first[1].shape[:2], None, len(paths), names if are_different else None
    )


def _read_images(
    paths: Sequence[Path], names: list[str], on_broken: OnBroken | None
) -> Iterator[tuple[None, np.ndarray]]:
    first: tuple[Path, tuple[int, ...]] | None = None
    number = 0
    for path in paths:
        try:
            frame = read_undamaged_image(str(path))
            if first is not None and frame.shape[:2] != first[1]:
                raise ValueError(
                    f"{path} is {size_text(frame.shape)}, but {first[0].name}, the "
                    f"first frame of the video, is {size_text(first[1])}"
                )
        except (ValueError, FileNotFoundError) as error:
            if on_broken is None:
                raise
            on_broken(ValueError(str(error)))
            del names[number]
            continue
        first = first or (path, frame.shape[:2])
        number += 1
        yield None, frame
