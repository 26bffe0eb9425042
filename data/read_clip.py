"""The pixels of a clip."""

import numpy as np

from data.clips import Clip
from data.dataset_info import IGNORE_LABEL
from data.images import read_image
from data.video import Frame, Video


def read_clip(
    clip: Clip, every_label: bool = False
) -> tuple[list[np.ndarray], np.ndarray]:
    """The images of a clip and the label map of its last frame, or of every frame.

    Args:
        clip: From `clip_index`.
        every_label: Whether the other frames' labels are read, too.

    Returns:
        Images, each uint8 RGB (height, width, 3), and the label map uint8 (height,
        width), 255 ignored; with `every_label` (num_frames, height, width), 255 all
        over where a frame has no label.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a file cannot be read, or the sizes differ.
    """
    images = [read_image(frame.image) for frame in clip.frames]
    last = clip.frames[-1]
    for frame, image in zip(clip.frames, images, strict=True):
        if image.shape != images[-1].shape:
            raise ValueError(
                f"{frame.image} is {_size(image)} and {last.image} is "
                f"{_size(images[-1])}; the frames of a video must be equally large"
            )
    if not every_label:
        return images, read_label(clip.video, last, images[-1])
    labels = np.full((len(images), *images[-1].shape[:2]), IGNORE_LABEL, np.uint8)
    for label, frame, image in zip(labels, clip.frames, images, strict=True):
        if frame.label is not None:
            label[:] = read_label(clip.video, frame, image)
    return images, labels


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
    label = video.label_encoding.decode(frame.label)
    if label.shape != image.shape[:2]:
        raise ValueError(
            f"{frame.label} is {_size(label)} and its image {frame.image} is "
            f"{_size(image)}; they must be equally large"
        )
    return label


def _size(array):
    return f"{array.shape[0]}x{array.shape[1]} (height x width)"
