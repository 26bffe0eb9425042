"""The scores of several runs as tables of texts, from what `evaluate --json` holds."""

from collections.abc import Mapping, Sequence

from experiments.flicker_record import RunRecord

# Key in the JSON: header with unit.
METRICS = {
    "accuracy": "accuracy (%)",
    "mean_iou": "mIoU (%)",
    "mfp": "mFP (‰)",
    "mfip": "mFIP (‰)",
    "tc": "TC (%)",
    "vc8": "VC8 (%)",
    "vc16": "VC16 (%)",
}

Scores = Mapping[str, Mapping]  # by run


def scores_of(record: RunRecord, classes: Sequence[str]) -> dict:
    """What a record holds, keyed as in the JSON."""
    scores = {"mfp": record.mfp.mean(), "mfip": record.mfip.mean()}
    matrix = record.confusion
    if not matrix or not matrix.counts.any():
        return scores
    return scores | {
        "accuracy": matrix.accuracy(),
        "mean_iou": matrix.mean_iou(),
        "per_class_iou": dict(zip(classes, matrix.per_class_iou(), strict=True)),
        "confusion_matrix": matrix.counts.tolist(),
    }


def overall_table(scores: Scores) -> list[list[str]]:
    """Header and a row for each run."""
    keys = _known(scores.values())
    header = ["run", *(METRICS[key] for key in keys)]
    return [header, *([run, *_texts(found, keys)] for run, found in scores.items())]


def class_table(scores: Scores) -> list[list[str]]:
    """Header and a row for each class; the header alone without labels."""
    of_runs = [found.get("per_class_iou") or {} for found in scores.values()]
    names = dict.fromkeys(name for of_run in of_runs for name in of_run)
    rows = [
        [name, *(_text(of_run.get(name)) for of_run in of_runs)]
        for name in names
        if any(of_run.get(name) is not None for of_run in of_runs)
    ]
    return [["IoU (%)", *scores], *rows]


def video_table(scores: Scores) -> list[list[str]]:
    """Header and a row for each video and run, with the IoU of every class."""
    by_video = {
        (video, run): found
        for video in _videos(scores)
        for run, of_run in scores.items()
        if (found := (of_run.get("videos") or {}).get(video)) is not None
    }
    keys = _known(by_video.values())
    classes = dict.fromkeys(
        name
        for found in by_video.values()
        for name, iou in (found.get("per_class_iou") or {}).items()
        if iou is not None
    )
    header = ["video", "run", *(METRICS[key] for key in keys)]
    rows = [
        [
            *(video, run, *_texts(found, keys)),
            *_texts(found.get("per_class_iou") or {}, classes),
        ]
        for (video, run), found in by_video.items()
    ]
    return [[*header, *(f"{name} IoU (%)" for name in classes)], *rows]


def _videos(scores):
    return dict.fromkeys(
        video for found in scores.values() for video in found.get("videos") or {}
    )


def _known(found):
    found = list(found)
    return [key for key in METRICS if any(one.get(key) is not None for one in found)]


def _texts(found, keys):
    return [_text(found.get(key)) for key in keys]


def _text(value):
    return "-" if value is None else f"{value:.2f}"
