"""What is found in the files of single frames, and what it means for their video."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from data.files.image_header import image_kind
from data.files.images import (
    read_bytes,
    read_undamaged_image,
    size_text,
    turned_by_exif,
)
from data.files.read_ahead import read_ahead
from data.videos.label_counts import count_pixels
from data.videos.video import Frame, Video

FrameKey = tuple[str, str]


@dataclass(frozen=True)
class FrameFiles:
    """What the files of a frame hold.

    Attributes:
        size: (height, width) of the image, None if it cannot be read.
        kind: How its pixels are stored, None for 8-bit RGB.
        label_counts: Pixels of every id 0..255, None if there is no label or it cannot
            be read.
        faults: What is wrong with the files, one sentence each.
        is_turned: Whether the image has a label and EXIF data rotate or mirror it.
    """

    size: tuple[int, int] | None
    kind: str | None
    label_counts: np.ndarray | None
    faults: tuple[str, ...]
    is_turned: bool = False


def frame_key(frame: Frame) -> FrameKey:
    """Equal for frames of different splits that have the same files."""
    return str(frame.image), str(frame.label)


def read_all_frames(
    videos: Sequence[Video],
    known: Mapping[FrameKey, FrameFiles],
    title: str,
    threads: int | None,
    progress: bool,
) -> dict[FrameKey, FrameFiles]:
    """Reads the files of all frames that are not yet in `known`.

    Args:
        videos: Videos whose frames are read.
        known: Results for frames of other splits, which are not read again.
        title: Of the progress bar.
        threads: How many files are read at a time, the number of cores by default.
        progress: Whether to show a progress bar.
    """
    unread = {
        frame_key(frame): (video, frame)
        for video in videos
        for frame in video.frames
        if frame_key(frame) not in known
    }
    found = tqdm(
        read_ahead(lambda pair: _read_frame(*pair), unread.values(), threads),
        total=len(unread),
        unit="frame",
        desc=title,
        disable=not (progress and unread) or None,
    )
    return dict(zip(unread, found, strict=True))


def _read_frame(video: Video, frame: Frame) -> FrameFiles:
    size = kind = label_size = label_counts = None
    faults = []
    try:
        height, width = read_undamaged_image(frame.image).shape[:2]
        size = height, width
        kind = image_kind(read_bytes(frame.image))
    except (OSError, ValueError) as error:
        faults.append(sentence_of(error))
    if frame.label is not None:
        try:
            label = video.read_label(frame)
            label_size = label.shape
            label_counts = count_pixels(label)
        except (OSError, ValueError) as error:
            faults.append(sentence_of(error))
    turned = bool(size and label_size) and turned_by_exif(frame.image)
    if size and label_size and size != label_size:
        faults.append(_size_fault(frame, size, label_size, turned))
    return FrameFiles(size, kind, label_counts, tuple(faults), turned)


def _size_fault(frame, size, label_size, turned):
    if turned and size == label_size[::-1]:
        return (
            f"{frame.image} is rotated because of its EXIF data, but its label "
            f"{frame.label} is not; the image should be stored upright, without an "
            f"EXIF orientation"
        )
    return (
        f"{frame.label} is {size_text(label_size)} and its image {frame.image} is "
        f"{size_text(size)}; they must be equally large"
    )


def sentence_of(error: Exception) -> str:
    """What is wrong, with the name of the file."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename} cannot be read: {error.strerror}"
    return str(error)


def faults_of(video: Video, files: Mapping[FrameKey, FrameFiles]) -> Iterator[str]:
    """Yields what is wrong with the files of a video, one sentence each."""
    sizes = [files[frame_key(frame)].size for frame in video.frames]
    common = Counter(size for size in sizes if size).most_common(1)
    for frame, size in zip(video.frames, sizes, strict=True):
        yield from files[frame_key(frame)].faults
        if size and size != common[0][0]:
            usual, count = common[0]
            yield (
                f"{frame.image} is {size_text(size)} and {count} of "
                f"{len(video.frames)} frames of video {video.name} are "
                f"{size_text(usual)}; the frames of a video must be equally large"
            )


def notes_of(video: Video, files: Mapping[FrameKey, FrameFiles]) -> Iterator[str]:
    """Yields what is unusual about a video and does no harm, one sentence each."""
    yield from video.order_notes()
    by_kind = defaultdict(list)
    for frame in video.frames:
        by_kind[files[frame_key(frame)].kind].append(frame.image)
    for kind, images in by_kind.items():
        if kind is not None:
            yield (
                f"Video {video.name}: {len(images)} of {len(video.frames)} images are "
                f"{kind}, such as {images[0]}; they are read as 8-bit RGB"
            )
    turned = [f.image for f in video.frames if files[frame_key(f)].is_turned]
    if turned:
        yield (
            f"Video {video.name}: {len(turned)} images with a label are rotated or "
            f"mirrored because of their EXIF data, such as {turned[0]}; their labels "
            f"must match the images as they are shown, which `show_data` can tell"
        )
    if not any(frame.label for frame in video.frames):
        yield f"Video {video.name} has no label"
