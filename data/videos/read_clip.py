"""The pixels of a clip."""

from collections.abc import Iterator

import numpy as np

from data.files.images import exif_note, read_image, size_text
from data.labels.encodings import IGNORE_LABEL
from data.videos.clips import Clip
from data.videos.video import Frame, Video


class ClipImages:
    """The images of a clip, decoded one by one during iteration.

    If each image is used before the next one is requested, only one of them has to be
    in memory, and it stays in the processor's cache.

    Args:
        clip: From `clip_index`.
        size: (height, width) that every image must have: that of the last label.

    Yields:
        uint8 RGB (height, width, 3).

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a file cannot be read, or has another size.
    """

    def __init__(self, clip: Clip, size: tuple[int, int]):
        self._clip = clip
        self._size = size

    def __len__(self):
        return len(self._clip.frames)

    def __iter__(self) -> Iterator[np.ndarray]:
        for frame in self._clip.frames:
            image = read_image(frame.image)
            _check_size(image, frame.image, self._size, self._clip)
            yield image


def read_clip(clip: Clip, every_label: bool = False) -> tuple[ClipImages, np.ndarray]:
    """The images of a clip and the label map of its last frame, or of every frame.

    Args:
        clip: From `clip_index`.
        every_label: Whether the other frames' labels are read, too.

    Returns:
        Images, to be iterated over, and the label map uint8 (height, width), 255
        ignored; with `every_label` (num_frames, height, width), 255 all over where a
        frame has no label.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a file cannot be read, or the sizes differ.
    """
    video = clip.video
    last_label = video.read_label(clip.frames[-1])
    images = ClipImages(clip, last_label.shape)
    if not every_label:
        return images, last_label
    labels = np.full((len(images), *last_label.shape), IGNORE_LABEL, np.uint8)
    labels[-1] = last_label
    for label, frame in zip(labels[:-1], clip.frames[:-1], strict=True):
        if frame.label is not None:
            ids = video.read_label(frame)
            _check_size(ids, frame.label, last_label.shape, clip)
            label[:] = ids
    return images, labels


def _check_size(array, path, size, clip):
    if array.shape[:2] != size:
        raise ValueError(
            f"{path} is {size_text(array.shape)} and {clip.frames[-1].label} is "
            f"{size_text(size)}; the frames of a video and their labels must be "
            f"equally large{exif_note(path)}"
        )


def read_label(video: Video, frame: Frame, image: np.ndarray) -> np.ndarray:
    """The label map of a frame, uint8 (height, width), 255 ignored.

    Args:
        video: The video of the frame.
        frame: A labelled one.
        image: Its image, (height, width, 3).

    Raises:
        FileNotFoundError: If the file is missing.
        ValueError: If it cannot be read, or is not as large as the image.
    """
    label = video.read_label(frame)
    if label.shape != image.shape[:2]:
        raise ValueError(
            f"{frame.label} is {size_text(label.shape)} and its image {frame.image} is "
            f"{size_text(image.shape)}; they must be equally large"
            f"{exif_note(frame.image)}"
        )
    return label
