"""Scoring predictions that lie in files."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tqdm import tqdm

from experiments.scores import Scores, ScoreSheet
from experiments.segmented_video import SegmentedVideo


def score_videos(
    videos: Mapping[str, Sequence[SegmentedVideo]],
    classes: Sequence[str] | None,
    encoding: str = "label",
    with_images: bool = False,
    title: str = "",
    progress: bool = True,
) -> Scores:
    """The scores of one system.

    Args:
        videos: For every video its runs, frames without a gap.
        classes: Names, `None` where they are not known.
        encoding: Of errors in mFP.
        with_images: Whether to read images, for TC where there is no flow.
        title: What the progress bar says.
        progress: Whether to show one.

    Raises:
        ValueError: If a file cannot be read, or a counted pixel belongs to no class.
    """
    sheet = ScoreSheet(classes, encoding)
    total = sum(run.num_frames for runs in videos.values() for run in runs)
    with tqdm(total=total, unit="frame", desc=title, disable=not progress) as bar:
        for name, runs in videos.items():
            with sheet.video(name) as tally:
                for run in runs:
                    for frame in run.read(with_images):
                        _add(tally, run, frame)
                        bar.update()
                    tally.end_run()
    return sheet.scores()


def _add(tally, run, frame):
    try:
        tally.add(frame)
    except ValueError as error:
        raise ValueError(f"Video {run.name}, frame {frame.name}: {error}") from None


def write_pictures(
    folder: Path,
    systems: Mapping[str, Mapping[str, Sequence[SegmentedVideo]]],
    scores: Mapping[str, Scores],
    classes: Sequence[str] | None,
    palette: Sequence[tuple[int, int, int]] | None,
    encoding: str = "label",
) -> None:
    """Pictures of the flicker of some systems, see `experiments.figures`."""
    from experiments.figures import write_figures  # Matplotlib takes a while

    write_figures(
        folder,
        {
            name: [run for runs in videos.values() for run in runs]
            for name, videos in systems.items()
        },
        scores,
        classes,
        palette,
        encoding,
    )
