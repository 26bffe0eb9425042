"""The predictions of several systems on the same videos, read frame by frame."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from data.files.images import size_text
from experiments.predictions.segmented_video import SegmentedFrame, SegmentedVideo


@dataclass(frozen=True)
class ComparedFrame:
    """One frame of a video with the predictions of every run.

    Attributes:
        name: The name in the first run.
        label: uint8 (height, width), from the first run that has one; or None.
        image: uint8 RGB (height, width, 3), from the first run that has one; or None.
        predictions: uint8 (height, width) by run.
    """

    name: str
    label: np.ndarray | None
    image: np.ndarray | None
    predictions: dict[str, np.ndarray]


@dataclass(frozen=True)
class SideBySide:
    """One video with the predictions of several runs.

    Attributes:
        name: The name in the first run.
        num_frames: Number of frames, the same in every run.
        runs: The video by run.
    """

    name: str
    num_frames: int
    runs: dict[str, SegmentedVideo]

    def frames(self, with_images: bool) -> Iterator[ComparedFrame]:
        """Yields the frames in order; may be called several times.

        Args:
            with_images: Whether to read the images.

        Raises:
            ValueError: If the maps of a frame differ in size, or a run ends early.
        """
        source = self._run_with_images() if with_images else None
        readers = [video.read(run == source) for run, video in self.runs.items()]
        for number, frames in enumerate(zip_longest(*readers)):
            self._check_all_there(frames, number)
            self._check_sizes(frames)
            yield ComparedFrame(
                frames[0].name,
                _first(frame.label for frame in frames),
                _first(frame.image for frame in frames),
                {
                    run: frame.prediction
                    for run, frame in zip(self.runs, frames, strict=True)
                },
            )

    def _run_with_images(self):
        """The first run that has images: reading them from one is enough."""
        for run, video in self.runs.items():
            frame = next(iter(video.read(True)), None)
            if frame is not None and frame.image is not None:
                return run
        return None

    def _check_all_there(self, frames, number):
        for run, frame in zip(self.runs, frames, strict=True):
            if frame is None:
                raise ValueError(
                    f"Runs drawn in one figure must have the same frames, but video "
                    f"{self.name} ends after {number} frames in run {run} and is "
                    f"longer in another"
                )

    def _check_sizes(self, frames: Sequence[SegmentedFrame]):
        maps = [
            (f"the {what} of run {run}", value)
            for run, frame in zip(self.runs, frames, strict=True)
            for what, value in (
                ("prediction", frame.prediction),
                ("label", frame.label),
                ("image", frame.image),
            )
            if value is not None
        ]
        (first, one), *others = maps
        for other, value in others:
            if value.shape[:2] != one.shape[:2]:
                raise ValueError(
                    f"Frame {frames[0].name} of video {self.name} must have one size, "
                    f"but {first} is {size_text(one.shape)} and "
                    f"{other} is {size_text(value.shape)}"
                )


def side_by_side(runs: Mapping[str, Sequence[SegmentedVideo]]) -> list[SideBySide]:
    """The videos of several runs, matched by name.

    If every run has one video, their names may differ.

    Args:
        runs: The videos by the name of the run.

    Raises:
        ValueError: If there is no run or no video, or the runs differ in their videos
            or in the numbers of frames.
    """
    if not runs or not all(runs.values()):
        raise ValueError(
            "There must be at least one run, and every run must have a video."
        )
    (first, videos), *others = runs.items()
    by_name = {run: {v.name: v for v in of_run} for run, of_run in runs.items()}
    if all(len(of_run) == 1 for of_run in runs.values()):
        by_name = {run: {videos[0].name: of_run[0]} for run, of_run in runs.items()}
    for run, _ in others:
        lone = by_name[first].keys() ^ by_name[run].keys()
        if lone:
            raise ValueError(
                f"Runs drawn in one figure must have the same videos, but {first} has "
                f"{len(by_name[first])} and {run} has {len(by_name[run])}, and "
                f"{min(lone)} is in one of them only"
            )
    matched = [
        SideBySide(v.name, v.num_frames, {run: by_name[run][v.name] for run in runs})
        for v in videos
    ]
    for video in matched:
        _check_lengths(video)
    return matched


def _check_lengths(video):
    if not video.num_frames:
        raise ValueError(f"Video {video.name} has no frame")
    for run, segmented in video.runs.items():
        if segmented.num_frames != video.num_frames:
            raise ValueError(
                f"Runs drawn in one figure must have the same frames, but video "
                f"{video.name} has {video.num_frames} frames in run "
                f"{next(iter(video.runs))} and {segmented.num_frames} in run {run}"
            )


def _first(values):
    return next((value for value in values if value is not None), None)
