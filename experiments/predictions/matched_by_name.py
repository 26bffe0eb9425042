"""Matches frames with labels, images, flow and predictions by their names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile

from data.videos.clips import streams
from data.videos.frame_tree import FrameTree, frame_key
from data.videos.video import Video


@dataclass(frozen=True)
class MatchedFrame:
    """The files that belong to one frame; `None` for what does not exist.

    Attributes:
        name: Name of its image or its first prediction, without the suffix.
        predictions: For each system a path, or the index of the frame in a video file.
        label: Path of the label map.
        image: Path, or the index of the frame in a video file.
        flow: Path of the optical flow.
    """

    name: str
    predictions: tuple[str | int | None, ...]
    label: str | None = None
    image: str | int | None = None
    flow: str | None = None

    @property
    def is_predicted(self) -> bool:
        """Whether all systems have a prediction."""
        return None not in self.predictions


@dataclass(frozen=True)
class MatchedStream:
    """Frames of one video without a gap, each with a prediction of every system.

    Attributes:
        video: Name of the video.
        frames: In order.
        label_encoding: Reads its labels by `decode(path)`.
    """

    video: str
    frames: tuple[MatchedFrame, ...]
    label_encoding: object


def match_data_set(
    videos: Sequence[Video],
    trees: Sequence[FrameTree],
    flow: FrameTree | None,
    frame_stride: int,
    partial: bool,
) -> list[MatchedStream]:
    """The frames of a data set with predictions of all systems.

    A prediction is in a folder named like the video and is named like the image. It
    may be in any folder if all names of frames in the data set, and all names of
    predictions, are different.

    Args:
        videos: The videos of the data set.
        trees: The predictions of each system.
        flow: Files of optical flow, found in the same way.
        frame_stride: Distance of consecutive frames, in stored frames.
        partial: Whether labelled frames may lack a prediction. Frames at the start of
            a stream always may, because they have no history.

    Raises:
        ValueError: If there is no prediction, or a labelled frame has none.
    """
    keys = [frame_key(frame.name) for video in videos for frame in video.frames]
    anywhere = len(set(keys)) == len(keys)
    matched = []
    for stream in streams(videos, frame_stride):
        frames = [
            MatchedFrame(
                frame.name,
                _find(trees, stream.video.name, frame.name, anywhere),
                frame.label,
                frame.image,
                _find([flow], stream.video.name, frame.name, anywhere)[0],
            )
            for frame in stream.frames
        ]
        matched.append((stream.video, frames))
    found = _streams_of(matched, trees)
    if not partial:
        labelled = [[(f.label, f) for f in frames if f.label] for _, frames in matched]
        _require_predictions(labelled, trees)
    return found


def match_folders(
    trees: Sequence[FrameTree],
    labels: FrameTree | None,
    images: FrameTree | None,
    flow: FrameTree | None,
    label_encoding,
    partial: bool,
) -> list[MatchedStream]:
    """The frames that all systems have predicted, in the order of the first system.

    Files that belong together are in folders of the same name and have the same name.
    They may be in any folder if all names in a tree are different.

    Args:
        trees: The predictions of each system.
        labels, images, flow: Files for any of the frames.
        label_encoding: Reads the labels by `decode(path)`.
        partial: As in `match_data_set`.

    Raises:
        ValueError: If no frame is predicted by all, no label or no image belongs to
            any, or a labelled frame is not predicted.
    """
    matched = list(_beside_first(trees, (labels, images, flow)))
    for part, tree in (("label", labels), ("image", images), ("flow", flow)):
        if tree and not any(getattr(f, part) for _, stream in matched for f in stream):
            raise ValueError(_nothing_in_common(tree, trees[0]))
    found = _streams_of(matched, trees, label_encoding)
    if labels and not partial:
        by_label = {f.label: f for _, frames in matched for f in frames if f.label}
        labelled = [
            [(frame.image, by_label.get(frame.image)) for frame in video.frames]
            for video in labels.videos()
        ]
        _require_predictions(labelled, trees)
    return found


def _beside_first(trees, others):
    """Yields (video, frames without a gap) of the first tree with all matches."""
    first = trees[0]
    place_of = {file.path: file.place for file in first.files}
    for video in first.videos():
        for stream in video.unbroken_runs():
            frames = []
            for frame in stream:
                path = frame.image  # the prediction itself
                found = _find(
                    (*trees[1:], *others),
                    place_of[path],
                    frame.name,
                    first.has_unique_keys,
                )
                predictions, (label, image, flow) = found[:-3], found[-3:]
                frames.append(
                    MatchedFrame(frame.name, (path, *predictions), label, image, flow)
                )
            yield video, frames


def _find(trees, place, name, anywhere):
    key = frame_key(name)
    return tuple(
        tree and tree.find(place, key, anywhere and tree.has_unique_keys)
        for tree in trees
    )


def _require_predictions(videos, trees) -> None:
    """Checks the pairs (label, its frame or None) of each video."""
    missing = []
    for video in videos:
        if any(_is_predicted(frame) for _, frame in video):
            # The first frames have no history.
            video = list(dropwhile(lambda pair: not _is_predicted(pair[1]), video))
        missing += [pair for pair in video if not _is_predicted(pair[1])]
    if missing:
        label, frame = missing[0]
        lacking = frame.predictions.index(None) if frame else 0
        others = f", and {len(missing) - 1} others have none" if missing[1:] else ""
        raise ValueError(
            f"The labelled frame {label} has no prediction in {trees[lacking].root}"
            f"{others}; add the predictions, or allow this with --partial"
        )


def _is_predicted(frame):
    return frame is not None and frame.is_predicted


def _streams_of(matched, trees, label_encoding=None) -> list[MatchedStream]:
    """Cuts streams at frames that some system has not predicted."""
    found = [
        MatchedStream(video.name, frames, label_encoding or video.label_encoding)
        for video, all_frames in matched
        for frames in _predicted(all_frames)
    ]
    if not found:
        raise ValueError(_why_nothing(matched, trees))
    return found


def _why_nothing(matched, trees):
    frames = [frame for _, frames in matched for frame in frames]
    for i, tree in enumerate(trees):
        if not any(frame.predictions[i] for frame in frames):
            first = matched[0][0].name, f"{frames[0].name}.png"
            return (
                f"{tree.root} holds no prediction of any of the {len(frames)} frames; "
                f"the first should be {tree.root.joinpath(*first)}, and what is there "
                f"is {tree.files[0].path} and the like"
            )
    return f"No frame is predicted in all of {', '.join(str(t.root) for t in trees)}"


def _predicted(frames) -> Iterator[tuple[MatchedFrame, ...]]:
    stream = []
    for frame in frames:
        if frame.is_predicted:
            stream.append(frame)
        elif stream:
            yield tuple(stream)
            stream = []
    if stream:
        yield tuple(stream)


def _nothing_in_common(tree, predictions):
    return (
        f"No file of {tree.root}, such as {tree.files[0].path}, belongs to one of the "
        f"predictions in {predictions.root}, such as {predictions.files[0].path}; both "
        f"should have the same folders and names"
    )
