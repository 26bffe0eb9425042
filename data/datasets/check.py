"""Reading a whole data set to find everything that is wrong with it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from tqdm import tqdm

from data.datasets.open_dataset import Dataset
from data.files.images import read_bytes, read_image, size_text
from data.files.png import image_kind
from data.files.read_ahead import read_ahead
from data.labels.encodings import IGNORE_LABEL
from data.videos.clips import clip_index
from data.videos.video import Frame, IncompleteVideosError, Video


@dataclass(frozen=True)
class SplitSummary:
    """What a split holds.

    Attributes:
        split: Its name.
        videos: How many there are.
        frames: How many there are, over all videos.
        labelled_frames: How many of them have a label that can be read.
        clips: How many clips can be cut from it.
        class_shares: Percent of all pixels of its labels by class, and that of no
            class under `ignored`; None where there is no label.
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
        notes: What is good to know and does no harm, one sentence each.
    """

    splits: list[SplitSummary]
    faults: list[str]
    notes: list[str]

    def as_json(self) -> dict:
        return asdict(self)


@dataclass(frozen=True)
class _Look:
    """What one frame's files are like; None where they cannot be read."""

    size: tuple[int, int] | None
    kind: str | None
    label_counts: np.ndarray | None
    faults: tuple[str, ...]


def check_dataset(
    dataset: Dataset,
    data_dir: str,
    splits: Sequence[str] | None = None,
    num_frames: int = 4,
    frame_stride: int = 1,
    select: Callable[[list[Video]], list[Video]] = list,
    threads: int | None = None,
    progress: bool = True,
) -> Report:
    """Reads every image and label of some splits and goes on at every fault.

    Args:
        dataset: From `open_dataset`.
        data_dir: Its folder.
        splits: Names; all by default. Files that are in several are read once.
        num_frames: Length of the clips that are counted.
        frame_stride: Their stride, in stored frames.
        select: Leaves out videos that are not to be read.
        threads: Files read at a time, the number of cores by default.
        progress: Whether to draw a progress bar.
    """
    faults, notes, summaries = [], [], []
    looks = {}
    for split in splits or dataset.info.splits:
        videos, split_faults = _readable_videos(dataset, data_dir, split, select)
        faults += split_faults
        _look_at_all(videos, split, looks, threads, progress)
        for video in videos:
            faults += _faults_of(video, looks)
            notes += _notes_of(video, looks)
        clips, note = _count_clips(videos, num_frames, frame_stride)
        notes += [f"Split {split}: {note}"] if note else []
        summaries.append(_summary(split, videos, looks, clips, dataset.info.classes))
    return Report(summaries, list(dict.fromkeys(faults)), list(dict.fromkeys(notes)))


def _readable_videos(dataset, data_dir, split, select):
    faults = ()
    try:
        try:
            videos = dataset.read_videos(data_dir, split)
        except IncompleteVideosError as error:
            # Missing files are found again, one by one, when they are read.
            videos, faults = list(error.videos), error.faults
        return select(videos) if videos else [], list(faults)
    except (OSError, ValueError) as error:
        return [], [*faults, _sentence(error)]


def _sentence(error):
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename} cannot be read: {error.strerror}"
    return str(error)


def _look_at_all(videos, split, looks, threads, progress):
    """Adds the look of every frame to `looks`, where it is not there already."""
    unseen = {
        _key(frame): (video, frame)
        for video in videos
        for frame in video.frames
        if _key(frame) not in looks
    }
    found = tqdm(
        read_ahead(lambda pair: _look_at(*pair), unseen.values(), threads),
        total=len(unseen),
        unit="frame",
        desc=split,
        disable=not progress,
    )
    looks.update(zip(unseen, found, strict=True))


def _key(frame: Frame) -> tuple[str, str]:
    return str(frame.image), str(frame.label)


def _look_at(video: Video, frame: Frame) -> _Look:
    size = kind = label_size = label_counts = None
    faults = []
    try:
        size = read_image(frame.image).shape[:2]
        kind = image_kind(read_bytes(frame.image))
    except (OSError, ValueError) as error:
        faults.append(_sentence(error))
    if frame.label is not None:
        try:
            label = video.label_encoding.decode(frame.label)
            label_size = label.shape
            label_counts = np.bincount(label.ravel(), minlength=256)
        except (OSError, ValueError) as error:
            faults.append(_sentence(error))
    if size and label_size and size != label_size:
        faults.append(
            f"{frame.label} is {size_text(label_size)} and its image {frame.image} is "
            f"{size_text(size)}; they must be equally large"
        )
    return _Look(size, kind, label_counts, tuple(faults))


def _faults_of(video: Video, looks: dict[tuple[str, str], _Look]) -> Iterator[str]:
    sizes = Counter(size for f in video.frames if (size := looks[_key(f)].size))
    usual = sizes.most_common(1)[0][0] if sizes else None
    for frame in video.frames:
        look = looks[_key(frame)]
        yield from look.faults
        if look.size not in (usual, None):
            yield (
                f"{frame.image} is {size_text(look.size)} and {sizes[usual]} of "
                f"{len(video.frames)} frames of video {video.name} are "
                f"{size_text(usual)}; the frames of a video must be equally large"
            )


def _notes_of(video: Video, looks: dict[tuple[str, str], _Look]) -> Iterator[str]:
    runs = video.unbroken_runs()
    if len(runs) > 1:
        before, after = runs[0][-1], runs[1][0]
        yield (
            f"Video {video.name} has {_gaps(len(runs) - 1)} between frames "
            f"{before.number} and {after.number} ({after.image}); its frames are "
            f"{video.spacing} apart"
        )
    by_kind = defaultdict(list)
    for frame in video.frames:
        by_kind[looks[_key(frame)].kind].append(frame.image)
    for kind, images in by_kind.items():
        if kind is not None:
            yield (
                f"Video {video.name}: {len(images)} of {len(video.frames)} images are "
                f"{kind}, such as {images[0]}; they are read as 8-bit RGB"
            )
    if not any(frame.label for frame in video.frames):
        yield f"Video {video.name} has no label"


def _gaps(count):
    return "a gap" if count == 1 else f"{count} gaps, the first"


def _count_clips(videos, num_frames, frame_stride):
    """How many clips there are, and why there is none."""
    if not videos:
        return 0, None
    try:
        return len(clip_index(videos, num_frames, frame_stride)), None
    except ValueError as error:
        return 0, str(error)


def _summary(split, videos, looks, clips, classes):
    frames = [frame for video in videos for frame in video.frames]
    counts = [c for f in frames if (c := looks[_key(f)].label_counts) is not None]
    shares = None
    if counts:
        percent = 100 * np.sum(counts, axis=0) / np.sum(counts)
        shares = {name: float(p) for name, p in zip(classes, percent, strict=False)}
        shares["ignored"] = float(percent[IGNORE_LABEL])
    return SplitSummary(split, len(videos), len(frames), len(counts), clips, shares)
