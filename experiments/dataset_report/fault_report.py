"""The report of `check_dataset` as text."""

from data.datasets.check import Report
from experiments.presentation.text_table import text_table


def describe(report: Report, num_frames: int, frame_stride: int) -> str:
    """Faults, warnings, notes and tables of a report; empty parts are left out.

    Args:
        report: From `check_dataset`.
        num_frames: Number of frames of the clips that are counted.
        frame_stride: Distance of their frames.
    """
    parts = [
        _listed("Faults", report.faults),
        _listed("Warnings", report.warnings),
        _listed("Notes", report.notes),
        _splits_table(report.splits, num_frames, frame_stride),
        _shares_table(report.splits),
        f"{len(report.faults) or 'No'} fault{'s' * (len(report.faults) != 1)} found",
    ]
    return "\n\n".join(filter(None, parts))


def _listed(title, sentences):
    return "\n".join([f"{title}:", *sentences]) if sentences else None


def _splits_table(splits, num_frames, frame_stride):
    clips = f"clips ({num_frames} frames, stride {frame_stride})"
    header = ("split", "videos", "frames", "labelled", clips)
    rows = [(s.split, s.videos, s.frames, s.labelled_frames, s.clips) for s in splits]
    return text_table(header, [tuple(map(str, row)) for row in rows])


def _shares_table(splits):
    splits = [split for split in splits if split.class_shares]
    if not splits:
        return None
    header = ("pixels (%)", *(split.split for split in splits))
    rows = [
        (name, *(f"{split.class_shares[name]:.2f}" for split in splits))
        for name in splits[0].class_shares
    ]
    return text_table(header, rows)
