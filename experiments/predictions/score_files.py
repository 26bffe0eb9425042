"""Class scores of any system in NumPy files, read without running code in them."""

import numpy as np

from lstm_icnet.weights.foreign_files import first_line

SCORE_SUFFIXES = (".npy", ".npz")


def read_scores(path: str) -> np.ndarray:
    """The class scores of a frame, probabilities or logits.

    Args:
        path: A `.npy` file with a float array (height, width, classes), or a `.npz`
            file with one such array alone.

    Returns:
        float32 (height, width, classes).

    Raises:
        ValueError: If the file cannot be read, holds anything else (a pickle is not
            read), or holds values that are not finite.
    """
    try:
        content = np.load(path, allow_pickle=False)
        if isinstance(content, np.lib.npyio.NpzFile):
            with content:
                scores = _only_array(content)
        else:
            scores = content
        return _checked(scores)
    except Exception as error:  # a broken file can raise anything at all
        raise ValueError(
            f"{path} cannot be read as class scores: {first_line(error)}"
        ) from error


def _only_array(content):
    if len(content.files) != 1:
        raise ValueError(f"it should hold one array, but holds {len(content.files)}")
    return content[content.files[0]]


def _checked(scores):
    if scores.ndim != 3 or 0 in scores.shape or scores.dtype.kind != "f":
        raise ValueError(
            f"it should hold floats of shape (height, width, classes), but holds "
            f"{scores.dtype} of shape {scores.shape}"
        )
    if scores.shape[-1] > 255:
        raise ValueError(f"it has {scores.shape[-1]} classes; there may be at most 255")
    scores = scores.astype(np.float32)
    if not np.isfinite(scores).all():
        raise ValueError("it holds values that are NaN or infinite in float32")
    return scores
