"""Reading a whole data set to find everything that is wrong with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from data.datasets.frame_check import (
    FrameFiles,
    FrameKey,
    faults_of,
    frame_key,
    notes_of,
    read_all_frames,
    sentence_of,
)
from data.datasets.label_warnings import all_labels, label_warnings
from data.datasets.open_dataset import Dataset
from data.labels.encodings import IGNORE_LABEL
from data.readers.dataset_info import DatasetInfo
from data.videos.clips import clip_index
from data.videos.selection import VideoSelection, list_videos, names_of
from data.videos.video import Video

_EVERY_VIDEO = VideoSelection()


@dataclass(frozen=True)
class SplitSummary:
    """Numbers of videos, frames, labels and clips of a split.

    Attributes:
        split: Its name.
        videos: Number of videos.
        frames: Number of frames in all videos.
        labelled_frames: Number of frames whose label can be read.
        clips: Number of clips that can be cut from it.
        class_shares: Percent of all label pixels by class, and of the pixels of no
            class under `ignored`; None if there is no label.
    """

    split: str
    videos: int
    frames: int
    labelled_frames: int
    clips: int
    class_shares: dict[str, float] | None


@dataclass(frozen=True)
class Report:
    """What `check_dataset` finds.

    Attributes:
        splits: One summary each.
        faults: What must be mended, one sentence each, in the order of the files.
        warnings: What is probably a mistake in the labels, one sentence each.
        notes: What is unusual and does no harm, one sentence each.
    """

    splits: list[SplitSummary]
    faults: list[str]
    warnings: list[str]
    notes: list[str]

    def as_json(self) -> dict:
        """The report as dicts and lists."""
        return asdict(self)


def check_dataset(
    dataset: Dataset,
    data_dir: str,
    splits: Sequence[str] | None = None,
    num_frames: int = 4,
    frame_stride: int = 1,
    selection: VideoSelection = _EVERY_VIDEO,
    threads: int | None = None,
    progress: bool = True,
) -> Report:
    """Reads every image and label of some splits and continues after every fault.

    Args:
        dataset: From `open_dataset`.
        data_dir: Its folder.
        splits: Names; all by default. Files that are in several are read once.
        num_frames: Length of the clips that are counted.
        frame_stride: Their stride, in stored frames.
        selection: Which videos to read.
        threads: Files read at a time, the number of cores by default.
        progress: Whether to draw a progress bar.
    """
    faults: list[str] = []
    warnings: list[str] = []
    notes: list[str] = []
    summaries = []
    names: list[str] = []
    files: dict[FrameKey, FrameFiles] = {}
    for split in splits or dataset.info.splits:
        videos, split_names, split_faults = _videos_of(
            dataset, data_dir, split, selection
        )
        names += split_names
        faults += split_faults
        files |= read_all_frames(videos, files, split, threads, progress)
        for video in videos:
            faults += faults_of(video, files)
            notes += notes_of(video, files)
        clips, note = _count_clips(videos, num_frames, frame_stride)
        notes += [f"Split {split}: {note}"] if note else []
        counts = _label_counts(videos, files)
        warnings += _warnings(split, counts, dataset.info)
        summaries.append(_summary(split, videos, counts, clips, dataset.info.classes))
    faults += _faults_of_selection(selection, names)
    return Report(
        summaries, _each_once(faults), _each_once(warnings), _each_once(notes)
    )


def _videos_of(
    dataset: Dataset, data_dir: str, split: str, selection: VideoSelection
) -> tuple[list[Video], list[str], list[str]]:
    """The selected videos of a split, the names of all videos, and selected faults.

    Files of the videos that are missing are found again when they are read.
    """
    try:
        videos, faults = list_videos(dataset.read_videos, data_dir, split)
    except (OSError, ValueError) as error:
        return [], [], [sentence_of(error)]
    return (
        [video for video in videos if selection.takes(video.name)],
        names_of(videos, faults),
        [fault.sentence for fault in faults if selection.concerns(fault)],
    )


def _faults_of_selection(selection: VideoSelection, names: Sequence[str]) -> list[str]:
    try:
        if names:
            selection.check(names)
    except ValueError as error:
        return [str(error)]
    return []


def _count_clips(
    videos: Sequence[Video], num_frames: int, frame_stride: int
) -> tuple[int, str | None]:
    """How many clips there are, and why there is none."""
    if not videos:
        return 0, None
    try:
        return len(clip_index(videos, num_frames, frame_stride)), None
    except ValueError as error:
        return 0, str(error)


def _label_counts(
    videos: Sequence[Video], files: Mapping[FrameKey, FrameFiles]
) -> list[np.ndarray]:
    found = [files[frame_key(f)].label_counts for v in videos for f in v.frames]
    return [counts for counts in found if counts is not None]


def _warnings(split: str, counts: Sequence[np.ndarray], info: DatasetInfo) -> list[str]:
    if not counts:
        return []
    found = label_warnings(np.sum(counts, axis=0), info, all_labels(len(counts)))
    return [f"Split {split}: {sentence}" for sentence in found]


def _summary(
    split: str,
    videos: Sequence[Video],
    counts: Sequence[np.ndarray],
    clips: int,
    classes: Sequence[str],
) -> SplitSummary:
    frames = sum(len(video.frames) for video in videos)
    shares = None
    if counts:
        percent = 100 * np.sum(counts, axis=0) / np.sum(counts)
        shares = {name: float(p) for name, p in zip(classes, percent, strict=False)}
        shares["ignored"] = float(percent[IGNORE_LABEL])
    return SplitSummary(split, len(videos), frames, len(counts), clips, shares)


def _each_once(sentences: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(sentences))
