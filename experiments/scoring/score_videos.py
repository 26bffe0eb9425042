"""Scores predictions that are in files."""

from collections.abc import Collection, Mapping, Sequence

from tqdm import tqdm

from experiments.predictions.segmented_video import SegmentedVideo
from experiments.presentation.printable import printable_line
from experiments.scoring.scores import Scores, ScoreSheet


def score_videos(
    videos: Mapping[str, Sequence[SegmentedVideo]],
    classes: Sequence[str] | None,
    encoding: str = "label",
    with_images: bool = False,
    title: str = "",
    progress: bool = True,
    no_class: Collection[int] = (),
) -> Scores:
    """Scores the predictions of one system.

    Args:
        videos: Streams (frames without a gap) by the name of the video.
        classes: Names of the classes, `None` if they are not known.
        encoding: How mFP encodes errors.
        with_images: Whether to read images, for TC if there is no flow.
        title: Title of the progress bar.
        progress: Whether to show a progress bar.
        no_class: Ids that are no class; they get no row in the tables.

    Raises:
        ValueError: If a file cannot be read, or a counted pixel belongs to no class.
    """
    sheet = ScoreSheet(classes, encoding, no_class)
    total = sum(stream.num_frames for streams in videos.values() for stream in streams)
    with tqdm(
        total=total,
        unit="frame",
        desc=printable_line(title),
        disable=not progress or None,
    ) as bar:
        for name, streams in videos.items():
            with sheet.video(name) as tally:
                for stream in streams:
                    for frame in stream.read(with_images):
                        _add(tally, stream, frame)
                        bar.update()
                    tally.end_stream()
    return sheet.scores()


def _add(tally, stream, frame):
    try:
        tally.add(frame)
    except ValueError as error:
        raise ValueError(f"Video {stream.name}, frame {frame.name}: {error}") from None
