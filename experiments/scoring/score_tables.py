"""Tables of the scores of one system, or of several compared with the first."""

from collections.abc import Mapping, Sequence

from experiments.presentation.text_table import text_table
from experiments.scoring.scores import Measures, Scores

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
# What the flicker is to be compared with; of all videos together only.
_YARDSTICKS = {
    "mfp_border": "mFP near borders (per mille)",
    "mfp_interior": "mFP inside objects (per mille)",
    "stale_rate": "stale rate",
    "label_mfip": "labels' own mFIP (per mille)",
    "floor_mean_iou": "floor: mean IoU (%)",
    "floor_mfp": "floor: mFP (per mille)",
    "floor_mfip": "floor: mFIP (per mille)",
}
_COUNTS = {
    "num_frames": "frames",
    "num_labelled_frames": "labelled frames",
    "num_pairs": "pairs of frames",
    "num_labelled_pairs": "labelled pairs",
}
ALL_VIDEOS = "all videos"


def describe(systems: Mapping[str, Scores]) -> str:
    """Tables per video, per class and of all videos, with differences to the first.

    Notes on low values of mFIP follow.
    """
    tables = [video_table(systems), class_table(systems), overall_table(systems)]
    texts = [text_table(head, rows) for head, *rows in tables if rows]
    return "\n\n".join([*texts, *stale_notes(systems)])


def stale_notes(systems: Mapping[str, Scores]) -> list[str]:
    """A sentence on the systems whose predictions change less than the labels, if any.

    Systems with a stale rate of 0 are left out: a perfect prediction also changes less
    than labels that change to and from no class.
    """
    below = {
        name: scores
        for name, scores in systems.items()
        if None not in (scores.mfip, scores.label_mfip)
        and scores.mfip < scores.label_mfip
        and scores.stale_rate != 0
    }
    if not below:
        return []
    which = ", ".join(f"{name} {scores.mfip:.2f}" for name, scores in below.items())
    own = next(iter(below.values())).label_mfip
    return [
        f"mFIP below the labels' own ({own:.2f}): {which}. Such predictions miss "
        f"changes of the scene (see the stale rate) or small objects, which is no "
        f"improvement."
    ]


def overall_table(systems: Mapping[str, Scores]) -> list[list[str]]:
    """Header, and a row for each metric over all videos.

    Metrics that flicker is compared with need labels and are left out without them.
    """
    compared = {
        key: title
        for key, title in _YARDSTICKS.items()
        if any(getattr(s, key) is not None for s in systems.values())
    }
    figures = [
        [title, *_beside_first([getattr(s, key) for s in systems.values()])]
        for key, title in (_FIGURES | compared).items()
    ]
    counts = [
        [title, *_counts([getattr(s, key) for s in systems.values()])]
        for key, title in _COUNTS.items()
    ]
    return [[ALL_VIDEOS, *_columns(systems)], *figures, *counts]


def class_table(systems: Mapping[str, Scores]) -> list[list[str]]:
    """Header, and a row for each class; only the header if there are no labels."""
    header = ["IoU (%) of class", *_columns(systems)]
    if not any(scores.num_labelled_frames for scores in systems.values()):
        return [header]
    rows = [
        [name, *_beside_first([s.per_class_iou.get(name) for s in systems.values()])]
        for name in _classes(systems)
    ]
    return [header, *rows]


def video_table(
    systems: Mapping[str, Scores], with_classes: bool = False
) -> list[list[str]]:
    """Header, and a row for each video and system; only the header for one video.

    Args:
        systems: Scores by the name of the system.
        with_classes: Whether to add a column with the IoU of each class.
    """
    classes = _classes(systems) if with_classes else []
    several = ["system"] if len(systems) > 1 else []
    titles = [t.replace("per mille", "\N{PER MILLE SIGN}") for t in _FIGURES.values()]
    ious = [f"{name} IoU (%)" for name in classes]
    header = ["video", *several, "frames", "pairs", *titles, *ious]
    videos = _union(scores.videos for scores in systems.values())
    rows = []
    for video in videos if len(videos) > 1 else []:
        shown = video
        for name, scores in systems.items():
            if video in scores.videos:
                place = [shown, name] if several else [shown]
                rows.append([*place, *_video_figures(scores.videos[video], classes)])
                shown = ""
    return [header, *rows]


def confusion_table(name: str, scores: Scores) -> list[list[str]]:
    """A row for each label, in percent of its pixels, and a column for each prediction.

    Columns are numbered like the rows.
    """
    counts = scores.confusion_matrix or []
    rows = [
        [f"{number} {label}", *(_share(count, sum(row)) for count in row)]
        for number, (label, row) in enumerate(
            zip(scores.per_class_iou, counts, strict=False)
        )
    ]
    title = f"% of label predicted as, {name}"
    return [[title, *map(str, range(len(counts)))], *rows]


def csv_rows(systems: Mapping[str, Scores]) -> list[list]:
    """Header, and for each system a row for each video and one over all videos.

    Values are not rounded; they are empty if nothing was measured.
    """
    keys = (*_FIGURES, *_YARDSTICKS, *_COUNTS)
    classes = _classes(systems)
    rows = [["system", "video", *keys, *(f"iou_{name}" for name in classes)]]
    for name, scores in systems.items():
        for video, found in {**scores.videos, ALL_VIDEOS: scores}.items():
            figures = [getattr(found, key) for key in keys]
            figures += [found.per_class_iou.get(c) for c in classes]
            rows.append([name, video, *("" if f is None else f for f in figures)])
    return rows


def _video_figures(measures: Measures, classes):
    figures = [getattr(measures, key) for key in _FIGURES]
    figures += [measures.per_class_iou.get(name) for name in classes]
    counts = str(measures.num_frames), str(measures.num_pairs)
    return [*counts, *map(_number, figures)]


def _columns(systems) -> list[str]:
    """Headers of the columns of the systems and of the differences."""
    first, *others = systems
    return [first, *(column for name in others for column in (name, "+/-"))]


def _beside_first(values: Sequence[float | None]) -> list[str]:
    """The values of the systems, each but the first with its difference to it."""
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


def _share(count, total):
    return f"{100 * count / total:.1f}" if total else "-"


def _classes(systems):
    return _union(scores.per_class_iou for scores in systems.values())


def _union(mappings):
    return list(dict.fromkeys(key for mapping in mappings for key in mapping))
