"""The class weights that `--class_weights` chooses."""

import math
from collections.abc import Sequence

from absl import logging

from data.pipeline.class_weights import median_frequency
from data.videos.video import Video

MEDIAN_FREQUENCY = "median_frequency"


def class_weights(
    choice: str | None, videos: Sequence[Video], classes: Sequence[str]
) -> tuple[float, ...] | None:
    """One weight for each class, or `None` if the flag is not set.

    Args:
        choice: `None`, "median_frequency", or numbers in the order of the classes,
            separated by commas.
        videos: Training videos, whose labels are counted.
        classes: Names of the classes.

    Raises:
        ValueError: If `choice` is none of these, or the labels cannot be counted.
    """
    if choice is None:
        return None
    if choice == MEDIAN_FREQUENCY:
        weights = median_frequency(videos, len(classes))
    else:
        weights = _numbers(choice, len(classes))
    named = zip(classes, weights, strict=True)
    logging.info("Class weights: %s", ", ".join(f"{c} {w:.4g}" for c, w in named))
    return weights


def _numbers(choice, num_classes):
    try:
        weights = tuple(map(float, choice.split(",")))
    except ValueError:
        weights = ()
    are_weights = all(0 <= w < math.inf for w in weights) and any(weights)
    if len(weights) != num_classes or not are_weights:
        raise ValueError(
            f"--class_weights must be {MEDIAN_FREQUENCY} or {num_classes} numbers "
            f"separated by commas, one for each class, none of them negative and not "
            f"all of them zero. Received: {choice}"
        )
    return weights
