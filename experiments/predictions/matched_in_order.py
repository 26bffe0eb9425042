"""Matches frames by their position, for predictions in a video file.

A video file has no names for its frames: the first prediction belongs to the first
label and so on, so the numbers of frames must be equal.
"""

from collections.abc import Sequence

from tqdm import tqdm

from data.files.video.reader import read_frames
from data.videos.clips import streams
from data.videos.frame_tree import FrameTree
from data.videos.video import Frame, Video
from experiments.predictions.matched_by_name import MatchedFrame, MatchedStream


def match_in_order(
    systems: Sequence[FrameTree | str],
    labels: FrameTree | None = None,
    images: FrameTree | str | None = None,
    videos: Sequence[Video] = (),
    label_encoding=None,
    frame_stride: int = 1,
) -> list[MatchedStream]:
    """The frames of one video, with the gaps of the data set or the first folder.

    Args:
        systems: Predictions of each system, a video file or a tree of one video.
        labels: Tree of one video.
        images: Tree of one video, or a video file.
        videos: The only video of a data set, instead of `labels` and `images`.
        label_encoding: Reads `labels` by `decode(path)`.
        frame_stride: Distance of consecutive frames, in stored frames.

    Raises:
        FileNotFoundError: If a video file is missing.
        ValueError: If one cannot be read, anything holds more than one video, or their
            numbers of frames differ.
    """
    trees = [tree for tree in (*systems, labels) if isinstance(tree, FrameTree)]
    columns = [(str(_name(system)), _handles(system)) for system in systems]
    reference = _only(videos, "The data set") if videos else _reference(trees, columns)
    sources = {"labels": labels, "images": images}
    given = {part: _handles(source) for part, source in sources.items() if source}
    beside = [(str(_name(sources[part])), handles) for part, handles in given.items()]
    _check_lengths([*columns, *beside], reference)
    frames = reference.frames
    of_data_set = videos and frames
    rows = zip(
        frames,
        zip(*(handles for _, handles in columns), strict=True),
        given.get("labels") or [f.label if of_data_set else None for f in frames],
        given.get("images") or [f.image if of_data_set else None for f in frames],
        strict=True,
    )
    matched = {
        frame: MatchedFrame(frame.name, predictions, label, image)
        for frame, predictions, label, image in rows
    }
    return [
        MatchedStream(
            reference.name,
            tuple(matched[frame] for frame in stream.frames),
            label_encoding or reference.label_encoding,
        )
        for stream in streams([reference], frame_stride)
    ]


def _reference(trees, columns) -> Video:
    """The video that gives the frames their names, if there is no data set."""
    if trees:
        return _only(trees[0].videos(), str(trees[0].root))
    name, indices = columns[0]
    frames = tuple(Frame(f"{index:06d}", None, index) for index in indices)
    return Video(name, frames, 1, None)


def _only(videos, where):
    if len(videos) != 1:
        names = ", ".join(video.name for video in videos[:5])
        raise ValueError(
            f"{where} holds {len(videos)} videos ({names}); beside predictions in a "
            f"video file there must be one"
        )
    return videos[0]


def _name(source):
    return source.root if isinstance(source, FrameTree) else source


def _handles(source):
    if isinstance(source, FrameTree):
        return [frame.image for frame in _only(source.videos(), source.root).frames]
    return range(_count(source))


def _count(path):
    """Number of frames that can be decoded; the number in the header may be wrong."""
    frames = tqdm(
        read_frames(path), "counting frames", unit="frame", leave=False, disable=None
    )
    return sum(1 for _ in frames)


def _check_lengths(columns: Sequence[tuple[str, Sequence]], reference):
    for name, handles in columns:
        if len(handles) != len(reference.frames):
            raise ValueError(
                f"{name} has {len(handles)} frames and {reference.name} "
                f"{len(reference.frames)}; frames of a video file are matched in "
                f"order, so there must be as many"
            )
