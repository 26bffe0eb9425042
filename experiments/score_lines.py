"""Scores as tables: of one system, or of several beside the first of them."""

from collections.abc import Mapping, Sequence

from experiments.scores import Measures, Scores
from experiments.table import text_table

# Key in JSON and CSV, and what the tables call it.
_FIGURES = {
    "accuracy": "accuracy (%)",
    "mean_iou": "mean IoU (%)",
    "mfp": "mFP (per mille)",
    "mfip": "mFIP (per mille)",
    "tc": "TC (%)",
    "vc8": "VC_8 (%)",
    "vc16": "VC_16 (%)",
}
_COUNTS = {
    "num_frames": "frames",
    "num_labelled_frames": "labelled frames",
    "num_pairs": "pairs of frames",
    "num_labelled_pairs": "labelled pairs",
}
ALL_VIDEOS = "all videos"


def describe(systems: Mapping[str, Scores]) -> str:
    """Tables per video, per class and in all, with differences to the first system."""
    tables = [_per_video(systems), _per_class(systems), _in_all(systems)]
    return "\n\n".join(table for table in tables if table)


def confusion_table(name: str, scores: Scores) -> str:
    """A row for each label, in percent of its pixels, and a column for each prediction.

    Columns are named by the place of their class among the rows.
    """
    counts = scores.confusion_matrix or []
    rows = [
        (f"{number} {label}", *(_share(count, sum(row)) for count in row))
        for number, (label, row) in enumerate(
            zip(scores.per_class_iou, counts, strict=False)
        )
    ]
    title = f"% of label predicted as, {name}"
    return text_table((title, *map(str, range(len(counts)))), rows)


def _share(count, total):
    return f"{100 * count / total:.1f}" if total else "-"


def csv_rows(systems: Mapping[str, Scores]) -> list[list]:
    """A header, and a row for every video of every system and for all its videos.

    Figures are not rounded, and empty where nothing was measured.
    """
    keys = (*_FIGURES, *_COUNTS)
    classes = _union(scores.per_class_iou for scores in systems.values())
    rows = [["system", "video", *keys, *(f"iou_{name}" for name in classes)]]
    for name, scores in systems.items():
        for video, found in {**scores.videos, ALL_VIDEOS: scores}.items():
            figures = [getattr(found, key) for key in keys]
            figures += [found.per_class_iou.get(c) for c in classes]
            rows.append([name, video, *("" if f is None else f for f in figures)])
    return rows


def _in_all(systems):
    rows = [
        (title, *_beside_first([getattr(s, key) for s in systems.values()]))
        for key, title in _FIGURES.items()
    ]
    rows += [
        (title, *_counts([getattr(s, key) for s in systems.values()]))
        for key, title in _COUNTS.items()
    ]
    return text_table((ALL_VIDEOS, *_columns(systems)), rows)


def _per_class(systems):
    classes = _union(scores.per_class_iou for scores in systems.values())
    rows = [
        (name, *_beside_first([s.per_class_iou.get(name) for s in systems.values()]))
        for name in classes
    ]
    labelled = any(scores.num_labelled_frames for scores in systems.values())
    if not labelled:
        return None
    header = _columns(systems)
    return text_table(("IoU (%) of class", *header), rows)


def _per_video(systems):
    """A row for each video and system; none where there is but one video in all."""
    videos = _union(scores.videos for scores in systems.values())
    if len(videos) < 2:
        return None
    several = len(systems) > 1
    rows = []
    for video in videos:
        found = {n: s.videos[video] for n, s in systems.items() if video in s.videos}
        for number, (name, measures) in enumerate(found.items()):
            place = (video if number == 0 else "", *((name,) if several else ()))
            rows.append((*place, *_video_figures(measures)))
    header = ("video", *(("system",) if several else ()))
    titles = [title.replace("per mille", "‰") for title in _FIGURES.values()]
    return text_table((*header, "frames", "pairs", *titles), rows)


def _video_figures(measures: Measures):
    figures = [_number(getattr(measures, key)) for key in _FIGURES]
    return [str(measures.num_frames), str(measures.num_pairs), *figures]


def _columns(systems) -> list[str]:
    """Headers of the systems' columns and of the differences."""
    if len(systems) == 1:
        return [""]
    first, *others = systems
    return [first, *(column for name in others for column in (name, "+/-"))]


def _beside_first(values: Sequence[float | None]) -> list[str]:
    """The figures of the systems, each after the first with its difference to it."""
    first, *others = values
    cells = [_number(first)]
    for value in others:
        known = first is not None and value is not None
        cells += [_number(value), f"{value - first:+z.2f}" if known else "-"]
    return cells


def _counts(values):
    first, *others = map(str, values)
    return [first, *(cell for value in others for cell in (value, ""))]


def _number(value):
    return "-" if value is None else f"{value:.2f}"


def _union(mappings):
    return list(dict.fromkeys(key for mapping in mappings for key in mapping))
