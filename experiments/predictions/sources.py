"""Finds predictions, and the labels and images to compare them with."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from data.datasets.cityscapes_results import ResultEncoding
from data.datasets.class_file import ClassFile
from data.files.images import IMAGE_SUFFIXES
from data.labels.any_encoding import AnyEncoding
from data.labels.encodings import IGNORE_LABEL, ColourEncoding
from data.labels.nearest_colours import TOLERANCE, NearestColours
from data.readers.cityscapes import INFO as CITYSCAPES
from data.videos.frame_tree import FrameTree
from data.videos.video import Video
from experiments.predictions.matched_by_name import match_data_set, match_folders
from experiments.predictions.matched_in_order import match_in_order
from experiments.predictions.predicted_videos import (
    PredictedFiles,
    PredictedVideo,
    is_video_file,
    predicted_videos,
)
from experiments.predictions.segmented_video import SegmentedVideo

_MOST_ORDER_NOTES = 5
# Streams (frames without a gap) by the name of the video.
Videos = dict[str, list[SegmentedVideo]]


@dataclass(frozen=True)
class Comparison:
    """The labels and images of a comparison, and the meaning of ids and colours.

    Attributes:
        dataset: Name of a data set, or `None`.
        videos: Videos of the data set, with labels and images.
        labels: Without a data set, a folder of label maps, or `None`.
        images: Without a data set, a folder or video file of frames, or `None`.
        flow: Folder of optical flow, or `None`.
        num_classes: Number of classes, `None` if it is not known.
        colours: The classes of colours, `None` if there are no colours.
        tolerance: Largest distance of a colour in a video file to that of its class.
        ignore_labels: Ids of pixels without a label in `labels`.
        void_id: Id of pixels of no class in the data set's own files, or `None`.
        frame_stride: Distance of consecutive frames of a data set, in stored frames.
        partial: Whether labelled frames may lack a prediction.
    """

    dataset: str | None = None
    videos: Sequence[Video] = ()
    labels: str | None = None
    images: str | None = None
    flow: str | None = None
    num_classes: int | None = None
    colours: ClassFile | None = None
    tolerance: float = TOLERANCE
    ignore_labels: Sequence[int] = (IGNORE_LABEL,)
    void_id: int | None = None
    frame_stride: int = 1
    partial: bool = False

    @property
    def no_class(self) -> frozenset[int]:
        """Ids that mean no class when they are predicted."""
        void_ids = () if self.void_id is None else (self.void_id,)
        return frozenset((IGNORE_LABEL, *self.ignore_labels, *void_ids))

    def encoding(self, ignore_labels: Collection[int]) -> AnyEncoding:
        """The encoding of label maps in files."""
        colours = self.colours
        exact = colours and ColourEncoding(colours.colours, colours.source)
        return AnyEncoding(self.num_classes, sorted(ignore_labels), exact)


def find_videos(
    systems: Mapping[str, str], comparison: Comparison
) -> tuple[dict[str, Videos], list[str]]:
    """Finds the frames that all systems have predicted.

    Args:
        systems: Folders or video files by the names of the systems.
        comparison: Labels, images and classes.

    Returns:
        The videos by the names of the systems; and notes for the user, as sentences.

    Raises:
        FileNotFoundError: If something is missing.
        ValueError: If something cannot be read, or nothing belongs together.
    """
    opened = [_open(source, comparison) for source in systems.values()]
    sources = [system.source for system in opened]
    streams = _match(sources, comparison)
    images = comparison.images
    image_video = images if images and is_video_file(images) else None
    videos = {
        name: predicted_videos(streams, system, index, image_video)
        for index, (name, system) in enumerate(zip(systems, opened, strict=True))
    }
    return videos, [*_order_notes(sources, comparison), *_notes(sources, streams)]


def _open(source, comparison):
    """The predictions of one system."""
    if is_video_file(source):
        if comparison.colours is None:
            raise ValueError(
                f"{source} is a file, not a folder of label maps; if it is a video, "
                f"pass --palette for the classes of its colours"
            )
        classes = comparison.colours
        nearest = NearestColours(classes.colours, classes.source, comparison.tolerance)
        return PredictedVideo(source, nearest)
    encoding = comparison.encoding(comparison.no_class)
    if comparison.dataset == CITYSCAPES.name:
        encoding = ResultEncoding(encoding)
    return PredictedFiles(source, encoding)


def _match(sources, comparison):
    """The streams of frames that all systems have predicted."""
    given = comparison
    in_order = not all(isinstance(source, FrameTree) for source in sources)
    flow = _tree(given.flow, (".png", ".flo"), "flow files")
    if in_order and flow:
        raise ValueError("--flow needs predictions in folders, not in a video file")
    if flow and given.frame_stride > 1:
        raise ValueError(
            f"--flow leads to the next stored frame, and --frame_stride="
            f"{given.frame_stride} to another; use only one of the two flags"
        )
    if given.dataset and in_order:
        return match_in_order(
            sources, videos=given.videos, frame_stride=given.frame_stride
        )
    if given.dataset:
        return match_data_set(
            given.videos, sources, flow, given.frame_stride, given.partial
        )
    labels = _tree(given.labels, (".png",), "label maps")
    label_encoding = given.encoding(given.ignore_labels)
    images = given.images
    if images is None or not is_video_file(images):
        images = _tree(images, IMAGE_SUFFIXES, "images")
        if not in_order:
            return match_folders(
                sources, labels, images, flow, label_encoding, given.partial
            )
    return match_in_order(sources, labels, images, label_encoding=label_encoding)


def _tree(root, suffixes, what):
    return FrameTree(root, suffixes, what) if root else None


def _order_notes(sources, comparison):
    """How the order and the gaps of the frames that are scored were understood."""
    trees = [source for source in sources if isinstance(source, FrameTree)]
    videos = comparison.videos or [v for tree in trees[:1] for v in tree.videos()]
    notes = [note for video in videos for note in video.order_notes()]
    if len(notes) > _MOST_ORDER_NOTES:
        others = len(notes) - _MOST_ORDER_NOTES
        notes = [*notes[:_MOST_ORDER_NOTES], f"{others} more such notes are left out"]
    return notes


def _notes(sources, streams):
    scored = sum(len(stream.frames) for stream in streams)
    return [
        f"{scored} of the {len(source.files)} maps in {source.root} are scored: those "
        f"of frames that are asked for and that all systems have predicted"
        for source in sources
        if isinstance(source, FrameTree) and len(source.files) > scored
    ]
