"""Scoring predictions that lie in files."""

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
    """The scores of one system.

    Args:
        videos: For every video its streams, frames without a gap.
        classes: Names, `None` where they are not known.
        encoding: Of errors in mFP.
        with_images: Whether to read images, for TC where there is no flow.
        title: What the progress bar says.
        progress: Whether to show one.
        no_class: Ids that are no class and get no row in the tables.

    Raises:
        ValueError: If a file cannot be read, or a counted pixel belongs to no class.
    """
    sheet = ScoreSheet(classes, encoding, no_class)
    total = sum(stream.num_frames for streams in videos.values() for stream in streams)
    with tqdm(
        total=total, unit="frame", desc=printable_line(title), disable=not progress
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
