"""Choosing videos by their names, before anything about them is checked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from data.videos.video import (
    Fault,
    IncompleteVideosError,
    Video,
    require_files,
    require_whole,
)


@dataclass(frozen=True)
class VideoSelection:
    """The videos whose names match a pattern of `only` and none of `skip`.

    Attributes:
        only: Shell patterns such as `0001/*`; without any, every video is taken.
        skip: Shell patterns.
    """

    only: Sequence[str] = ()
    skip: Sequence[str] = ()

    def takes(self, name: str) -> bool:
        """Whether the video `name`, or any video of the folder `name/`, is taken."""
        if any(fnmatchcase(name, pattern) for pattern in self.skip):
            return False
        return not self.only or any(_may_match(name, p) for p in self.only)

    def concerns(self, fault: Fault) -> bool:
        """Whether `fault` prevents a selected video from being read."""
        return not fault.videos or any(map(self.takes, fault.videos))

    def check(self, names: Sequence[str]) -> None:
        """Checks that the patterns mean something.

        Args:
            names: All videos that there are.

        Raises:
            ValueError: If a pattern matches no video, or no video is taken.
        """
        listed = ", ".join(dict.fromkeys(names))  # two splits may have one name
        for pattern in (*self.only, *self.skip):
            if not any(_may_match(name, pattern) for name in names):
                raise ValueError(
                    f"The pattern {pattern!r} matches none of the videos {listed}"
                )
        if names and not any(map(self.takes, names)):
            raise ValueError(
                f"No video is selected from {listed}: "
                f"only={list(self.only)}, skip={list(self.skip)}"
            )


def _may_match(name, pattern):
    """Whether the pattern matches a video, or may match one of the folder `name/`."""
    if fnmatchcase(name, pattern):
        return True
    return name.endswith("/") and fnmatchcase(name[:-1], pattern.split("/")[0])


def names_of(videos: Sequence[Video], faults: Sequence[Fault] = ()) -> list[str]:
    """Names of videos and of those that cannot be read, each once, in order."""
    listed = [video.name for video in videos]
    return list(dict.fromkeys([*listed, *(n for f in faults for n in f.videos)]))


def select_videos(
    videos: Sequence[Video], only: Sequence[str] = (), skip: Sequence[str] = ()
) -> list[Video]:
    """The videos whose names match a pattern of `only` and none of `skip`.

    Raises:
        ValueError: If a pattern matches no video, or no video is selected.
    """
    return selected_of(videos, VideoSelection(only, skip))


def selected_of(
    videos: Sequence[Video], selection: VideoSelection, faults: Sequence[Fault] = ()
) -> list[Video]:
    """The selected ones of some videos.

    Args:
        videos: Those that can be listed.
        selection: Which of them to take.
        faults: What is wrong with others; patterns may match these, too.

    Raises:
        ValueError: If a pattern matches no video, or no video is selected.
    """
    selection.check(names_of(videos, faults))
    return [video for video in videos if selection.takes(video.name)]


def read_selected(
    read_videos: Callable[[str, str], list[Video]],
    data_dir: str,
    split: str,
    selection: VideoSelection,
) -> list[Video]:
    """The selected videos of a split; faults of other videos are ignored.

    Args:
        read_videos: Of a data set.
        data_dir: Its folder.
        split: Name of the split.
        selection: Which videos to take.

    Raises:
        FileNotFoundError: If the split is not there.
        IncompleteVideosError: If something of a selected video is missing or wrong.
        ValueError: If a pattern matches no video, or no video is selected.
    """
    try:
        return selected_of(read_videos(data_dir, split), selection)
    except IncompleteVideosError as error:
        faults = [fault for fault in error.faults if selection.concerns(fault)]
        selected = selected_of(error.videos, selection, error.faults)
        require_whole(selected, faults)
        return selected


def read_all_but_incomplete(
    read_videos: Callable[[str, str], list[Video]],
    data_dir: str,
    split: str,
    skip: Sequence[str],
) -> list[Video]:
    """All videos of a split, except incomplete ones whose names match `skip`.

    For the videos that are scored during a training: patterns that exclude videos from
    the training exclude only incomplete ones here.

    Raises:
        FileNotFoundError: If the split is not there.
        IncompleteVideosError: If something of another video is missing or wrong.
        ValueError: If no video is selected.
    """
    try:
        return read_videos(data_dir, split)
    except IncompleteVideosError as error:
        selection = VideoSelection(skip=skip)
        videos = [v for v in error.videos if selection.takes(v.name) or _is_whole(v)]
        require_whole(videos, [f for f in error.faults if selection.concerns(f)])
        if not videos:
            raise ValueError(
                f"{error}, and every video of {split} is skipped"
            ) from None
        return videos


def _is_whole(video: Video) -> bool:
    try:
        require_files([video])
    except IncompleteVideosError:
        return False
    return True


def list_videos(
    read_videos: Callable[[str, str], list[Video]], data_dir: str, split: str
) -> tuple[list[Video], list[Fault]]:
    """The videos of a split that can be listed, and what is wrong with others.

    Files of the videos may be missing.

    Raises:
        FileNotFoundError: If the split is not there.
        ValueError: If it is unknown.
    """
    try:
        return read_videos(data_dir, split), []
    except IncompleteVideosError as error:
        return list(error.videos), list(error.faults)
