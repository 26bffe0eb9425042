"""A video as files on disk."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import pairwise

from data.labels.encodings import ColourEncoding, IndexEncoding


@dataclass(frozen=True)
class Frame:
    """One frame of a video.

    Attributes:
        image: Path of the image.
        label: Path of the label map, None where the frame has none.
        number: Frame number within the video, counted by the camera.
    """

    image: str
    label: str | None
    number: int

    @property
    def name(self) -> str:
        """What files about this frame are called: as the image, without a suffix.

        An image in a shard has no name of its own; its frame number serves.
        """
        if isinstance(self.image, str):
            return os.path.splitext(os.path.basename(self.image))[0]
        return f"{self.number:06d}"


@dataclass(frozen=True)
class Video:
    """The stored frames of one video.

    Attributes:
        name: Name within the data set, one or more parts joined by `/`.
        frames: Ascending in number.
        spacing: Distance of neighbouring stored frames in frame numbers; any other
            distance is a gap.
        label_encoding: How a label file of this video becomes class ids.
    """

    name: str
    frames: tuple[Frame, ...]
    spacing: int
    label_encoding: IndexEncoding | ColourEncoding

    def unbroken_runs(self) -> list[tuple[Frame, ...]]:
        """The frames, cut at every gap; each run is as long as can be."""
        runs, start = [], 0
        for end in range(1, len(self.frames) + 1):
            if end == len(self.frames) or self._gap_before(end):
                runs.append(self.frames[start:end])
                start = end
        return runs

    def _gap_before(self, index):
        number, previous = self.frames[index].number, self.frames[index - 1].number
        return number - previous != self.spacing


def most_common_spacing(numbers: Sequence[int]) -> int:
    """The most common distance of neighbours, the smaller of two equals.

    Args:
        numbers: Frame numbers, ascending; of a single one the spacing is 1.
    """
    distances = Counter(b - a for a, b in pairwise(numbers))
    return min(distances, key=lambda d: (-distances[d], d)) if distances else 1


class IncompleteVideosError(FileNotFoundError, ValueError):
    """Something in a data set is missing, or cannot be understood.

    Attributes:
        videos: What could be listed all the same; files of them may be missing.
        faults: What is wrong beyond missing files, one sentence each.
    """

    def __init__(
        self, message: str, videos: Sequence[Video], faults: Sequence[str] = ()
    ):
        super().__init__(message)
        self.videos = videos
        self.faults = faults


def require_whole(videos: Sequence[Video], faults: Sequence[str]) -> None:
    """Checks that reading the videos met no fault, and that all files are there.

    Raises:
        IncompleteVideosError: Naming the first fault, and how many there are.
    """
    if faults:
        others = f"; and {len(faults) - 1} more" if len(faults) > 1 else ""
        raise IncompleteVideosError(f"{faults[0]}{others}", videos, faults)
    require_files(videos)


def require_files(videos: Sequence[Video]) -> None:
    """Checks that every image and label file is there.

    Each folder is listed once: asking for every file is slow on a network disk.

    Raises:
        IncompleteVideosError: Naming the first file that is missing, and how many are.
    """
    present = {}
    missing = []
    for video in videos:
        for frame in video.frames:
            for path in filter(None, (frame.image, frame.label)):
                folder, name = os.path.split(path)
                if folder not in present:
                    present[folder] = _names(folder)
                if name not in present[folder]:
                    missing.append(path)
    if missing:
        others = f", and {len(missing) - 1} others" if len(missing) > 1 else ""
        message = f"{missing[0]} is missing{others}; the data set is not complete"
        raise IncompleteVideosError(message, videos)


def _names(folder):
    return set(os.listdir(folder)) if os.path.isdir(folder) else set()


def select_videos(
    videos: Sequence[Video], only: Sequence[str] = (), skip: Sequence[str] = ()
) -> list[Video]:
    """The videos whose names match a pattern of `only` and none of `skip`.

    Args:
        videos: From a data set's `read_videos`.
        only: Shell patterns such as `0001/*`; none at all lets every video through.
        skip: Shell patterns.

    Raises:
        ValueError: If a pattern matches no video, or no video is left.
    """
    names = [video.name for video in videos]
    for pattern in (*only, *skip):
        if not any(fnmatchcase(name, pattern) for name in names):
            raise ValueError(
                f"The pattern {pattern!r} matches none of the videos {', '.join(names)}"
            )
    selected = [
        video
        for video in videos
        if (not only or _matches(video, only)) and not _matches(video, skip)
    ]
    if not selected:
        raise ValueError(
            f"No video is left of {', '.join(names)}: only={list(only)}, "
            f"skip={list(skip)}"
        )
    return selected


def _matches(video, patterns):
    return any(fnmatchcase(video.name, pattern) for pattern in patterns)
