"""What is suspicious about labels that can be read without an error."""

from collections.abc import Sequence

import numpy as np

from data.labels.encodings import IGNORE_LABEL
from data.readers.dataset_info import DatasetInfo
from data.videos.label_counts import labelled_frames, read_counts
from data.videos.video import Video

_MOST_LABELS = 200  # that are read before a training
_MOST_IGNORED = 0.1  # of all pixels


def sampled_label_warnings(
    videos: Sequence[Video], info: DatasetInfo, progress: bool = True
) -> list[str]:
    """What is suspicious about the labels of some videos, one sentence each.

    At most 200 labels are read, evenly spread over the videos.

    Raises:
        FileNotFoundError: If a label file is missing.
        ValueError: If one cannot be read.
    """
    frames = labelled_frames(videos, _MOST_LABELS)
    counts = list(read_counts(frames, "looking at labels", progress))
    total = len(labelled_frames(videos))
    read = all_labels(total)
    if len(frames) < total:
        read = f"{len(frames)} of the {total} labels"
    return label_warnings(np.sum(counts, axis=0), info, read) if counts else []


def all_labels(number: int) -> str:
    """What sentences call all `number` labels together."""
    return "the only label" if number == 1 else f"the {number} labels"


def label_warnings(counts: np.ndarray, info: DatasetInfo, read: str) -> list[str]:
    """What is suspicious about labels, one sentence each.

    Args:
        counts: Pixels of every id 0..255 in all labels together, (256,).
        info: Of the data set.
        read: What the sentences call the labels, such as `the 200 labels`.
    """
    classes = info.classes
    pixels, ignored = counts[: len(classes)], counts[IGNORE_LABEL]
    occurring = [name for name, n in zip(classes, pixels, strict=True) if n]
    if len(classes) == 1:
        return [
            f"There is one class, {classes[0]}: the loss of every network is 0 and its "
            f"scores are 100 %; add a class for all other pixels"
        ]
    if not occurring:
        return [
            f"All pixels of {read} are ignored (id {IGNORE_LABEL}): there is nothing "
            f"to train on and nothing to score"
        ]
    if len(classes) == 2 and not pixels[1] and ignored:
        return [_mask_warning(classes, read)]
    warnings = []
    if len(occurring) == 1:
        warnings.append(
            f"All pixels of {read} that are not ignored are {occurring[0]}: a network "
            f"that predicts nothing else has scores of 100 %"
        )
    elif absent := [name for name in classes if name not in occurring]:
        what = "The class" if len(absent) == 1 else "The classes"
        verb = "does" if len(absent) == 1 else "do"
        warnings.append(f"{what} {', '.join(absent)} {verb} not occur in {read}")
    share = ignored / counts.sum()
    if share > _MOST_IGNORED:
        warnings.append(
            f"{100 * share:.0f} % of the pixels of {read} are ignored (id "
            f"{IGNORE_LABEL}): they count neither in the loss nor in the scores"
        )
    return warnings


def _mask_warning(classes, read):
    """For labels of 0 and 255, as programs store masks."""
    return (
        f"Only the values 0 and {IGNORE_LABEL} occur in {read}: {IGNORE_LABEL} means "
        f"'ignored', and the class {classes[1]} never occurs. If {IGNORE_LABEL} should "
        f'mean {classes[1]}, add "labels": "colours", "palette": [[0, 0, 0], '
        f"[255, 255, 255]] to classes.json"
    )
