"""The numbers that a training logs: their names in metrics.jsonl and in TensorBoard.

Both hold the same numbers. TensorBoard groups them by the part of a name before the
slash: `loss` is `train/loss` there, and `val_mfp` is `val/mfp`. The IoU of a class is
`val_iou/CLASS` in both.
"""

from experiments.scoring.scores import Scores

# They differ from run to run even if the weights do not.
TIMINGS = ("seconds_per_step", "clips_per_second", "data_wait_percent")
_VALIDATION = "val_"


def tag_of(name: str) -> str:
    """The name in TensorBoard of what is called `name` in metrics.jsonl."""
    if "/" in name:
        return name
    if name.startswith(_VALIDATION):
        return f"val/{name.removeprefix(_VALIDATION)}"
    return f"train/{name}"


def validation_scalars(scores: Scores) -> dict[str, float | None]:
    """The scores of a validation, by their names in metrics.jsonl."""
    return {
        "val_accuracy": scores.accuracy,
        "val_mean_iou": scores.mean_iou,
        "val_mfp": scores.mfp,
        "val_mfip": scores.mfip,
        **{f"val_iou/{name}": iou for name, iou in scores.per_class_iou.items()},
    }


def validation_line(step: int, scores: Scores) -> str:
    """Such as "Step 500: mIoU 47.1 %, accuracy 88.0 %, mFP 12.3 ‰, mFIP 18.5 ‰"."""
    texts = [
        f"{title} {value:.1f} {unit}"
        for title, value, unit in (
            ("mIoU", scores.mean_iou, "%"),
            ("accuracy", scores.accuracy, "%"),
            ("mFP", scores.mfp, "‰"),
            ("mFIP", scores.mfip, "‰"),
        )
        if value is not None
    ]
    return f"Step {step}: {', '.join(texts)}"
