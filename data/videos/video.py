"""A video as files on disk."""

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from data.files.images import ImagePath
from data.labels.encodings import ColourEncoding, IndexEncoding


@dataclass(frozen=True)
class Frame:
    """One frame of a video.

    Attributes:
        image: Path of the image, or where it is in a shard.
        label: Likewise of the label map, None where the frame has none.
        number: Frame number within the video, counted by the camera.
    """

    image: ImagePath
    label: ImagePath | None
    number: int

    @property
    def name(self) -> str:
        """The name that files about this frame share: the image's, without suffix.

        An image in a shard has no name; its frame number is used instead.
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
        order_note: How the order of the frames was found, as a text that follows the
            name of the video; None if there is no doubt.
    """

    name: str
    frames: tuple[Frame, ...]
    spacing: int
    label_encoding: IndexEncoding | ColourEncoding
    order_note: str | None = None

    def unbroken_runs(self) -> list[tuple[Frame, ...]]:
        """The frames, split at every gap."""
        runs, start = [], 0
        for end in range(1, len(self.frames) + 1):
            if end == len(self.frames) or self._gap_before(end):
                runs.append(self.frames[start:end])
                start = end
        return runs

    def read_label(self, frame: Frame) -> np.ndarray:
        """The label map of a frame, uint8 (height, width), 255 ignored.

        Raises:
            FileNotFoundError: If the file is missing.
            ValueError: If it cannot be read, or the frame has no label.
        """
        if frame.label is None:
            raise ValueError(f"{frame.image} has no label")
        return self.label_encoding.decode(frame.label)

    def order_notes(self) -> list[str]:
        """How the order of the frames and their gaps are understood, in sentences.

        Empty if the numbers of the frames leave no doubt and have no gap.
        """
        found = [f"Video {self.name}: {self.order_note}"] if self.order_note else []
        runs = self.unbroken_runs()
        if len(runs) > 1:
            before, after = runs[0][-1], runs[1][0]
            gaps = "a gap" if len(runs) == 2 else f"{len(runs) - 1} gaps, the first"
            found.append(
                f"Video {self.name} has {gaps} between frames {before.number} and "
                f"{after.number} ({after.image}); its frames are {self.spacing} apart"
            )
        return found

    def _gap_before(self, index):
        number, previous = self.frames[index].number, self.frames[index - 1].number
        return number - previous != self.spacing


def most_common_spacing(numbers: Sequence[int]) -> int:
    """The most common distance between neighbours, the smallest if there are several.

    Args:
        numbers: Frame numbers, ascending; of a single one the spacing is 1.
    """
    distances = Counter(b - a for a, b in pairwise(numbers))
    return min(distances, key=lambda d: (-distances[d], d)) if distances else 1


@dataclass(frozen=True)
class Fault:
    """Something other than missing files that is wrong with videos of a data set.

    Attributes:
        sentence: What is wrong, where, and what would be right.
        videos: Names of the videos that cannot be read because of it; `city/` means all
            videos of a folder whose names are not known. Empty if any video may be
            affected.
    """

    sentence: str
    videos: tuple[str, ...] = ()


class IncompleteVideosError(FileNotFoundError, ValueError):
    """Something in a data set is missing, or cannot be understood.

    Attributes:
        videos: Those that could be listed nevertheless; files of them may be missing.
        faults: What is wrong beyond missing files.
    """

    def __init__(
        self, message: str, videos: Sequence[Video], faults: Sequence[Fault] = ()
    ):
        super().__init__(message)
        self.videos = videos
        self.faults = faults


def require_whole(videos: Sequence[Video], faults: Sequence[Fault]) -> None:
    """Raises an error if there is a fault, or if a file of the videos is missing.

    Raises:
        IncompleteVideosError: Naming the first fault, and how many there are.
    """
    if faults:
        others = f"; and {len(faults) - 1} more" if len(faults) > 1 else ""
        raise IncompleteVideosError(f"{faults[0].sentence}{others}", videos, faults)
    require_files(videos)


def read_each(
    readers: Mapping[str, Callable[[], Sequence[Video]]],
) -> tuple[list[Video], list[Fault]]:
    """Reads the parts of a data set, and continues if one cannot be read.

    Args:
        readers: By name of a video, or of a folder of videos as in `Fault.videos`.

    Returns:
        All videos that can be listed, and a fault for every other part.
    """
    videos: list[Video] = []
    faults = []
    for name, read in readers.items():
        try:
            videos += read()
        except (FileNotFoundError, ValueError) as error:
            faults.append(Fault(str(error), (name,)))
    return videos, faults


def require_files(videos: Sequence[Video]) -> None:
    """Checks that every image and label file is there.

    Each folder is listed once: asking for every file is slow on a network disk.

    Raises:
        IncompleteVideosError: Naming the first file that is missing, and how many are.
    """
    present: dict[str, set[str]] = {}
    missing = []
    for video in videos:
        for frame in video.frames:
            for path in (frame.image, frame.label):
                if not isinstance(path, str):
                    continue
                folder, name = os.path.split(path)
                if folder not in present:
                    present[folder] = _names(folder)
                if name not in present[folder]:
                    missing.append(path)
    if missing:
        others = f", and {len(missing) - 1} others" if len(missing) > 1 else ""
        message = f"{missing[0]} is missing{others}; the data set is not complete"
        raise IncompleteVideosError(message, videos)


def _names(folder: str) -> set[str]:
    return set(os.listdir(folder)) if os.path.isdir(folder) else set()
