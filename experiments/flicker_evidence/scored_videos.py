"""Labelled videos that recipes are compared on."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from data.files.images import read_image
from data.pipeline.clips_from_stills import StillMotion, clip_from_still
from data.videos.read_clip import read_label
from data.videos.video import Video
from lstm_icnet.flicker.optical_flow import dense_flow


@dataclass(frozen=True)
class ScoredVideo:
    """A labelled video.

    Attributes:
        images: uint8 RGB (num_frames, height, width, 3).
        labels: uint8 (num_frames, height, width), 255 ignored.
        flow: float32 (num_frames - 1, height, width, 2), from each frame to the next,
            by DIS; for TC.
    """

    images: np.ndarray
    labels: np.ndarray
    flow: np.ndarray

    def since(self, first: int) -> "ScoredVideo":
        """The part of the video that begins with this frame, counted from 0."""
        return ScoredVideo(self.images[first:], self.labels[first:], self.flow[first:])


def real_videos(videos: Sequence[Video]) -> Iterator[ScoredVideo]:
    """The frames of data set videos; all of them must be labelled."""
    for video in videos:
        images = [read_image(frame.image) for frame in video.frames]
        labels = [
            read_label(video, frame, image)
            for frame, image in zip(video.frames, images, strict=True)
        ]
        yield _scored(np.stack(images), np.stack(labels))


def moved_stills(
    videos: Sequence[Video], num_frames: int, seed: int = 7
) -> Iterator[ScoredVideo]:
    """A video of `num_frames` from each labelled frame."""
    frames = [(video, frame) for video in videos for frame in video.frames]
    for number, (video, frame) in enumerate(frames):
        image = read_image(frame.image)
        label = read_label(video, frame, image)
        rng = np.random.default_rng((seed, number))
        clip = clip_from_still(
            image, label, num_frames, label.shape, StillMotion(), rng
        )
        yield _scored(*clip)


def _scored(images, labels):
    return ScoredVideo(images, labels, dense_flow(images))


def save_scored(folder: Path, videos: Iterable[ScoredVideo]) -> None:
    """Writes videos for `open_scored`, also of other processes."""
    for number, video in enumerate(videos):
        place = folder / f"{number:03d}"
        place.mkdir(parents=True, exist_ok=True)
        for field in fields(video):
            np.save(place / f"{field.name}.npy", getattr(video, field.name))
    (folder / "done").touch()


def open_scored(folder: Path) -> list[ScoredVideo]:
    """What `save_scored` wrote, read when it is needed."""
    places = sorted(place for place in folder.iterdir() if place.is_dir())
    return [
        ScoredVideo(
            *(np.load(place / f"{f.name}.npy", "r") for f in fields(ScoredVideo))
        )
        for place in places
    ]
