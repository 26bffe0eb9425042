"""Errors of Python code that ran inside a `tf.data` pipeline."""

import re

_ERRORS = {
    error.__name__: error
    for error in (
        FileExistsError,
        FileNotFoundError,
        IsADirectoryError,
        MemoryError,
        NotADirectoryError,
        OSError,
        PermissionError,
        TimeoutError,
        TypeError,
        ValueError,
    )
}
_RAISED = re.compile(rf"\b({'|'.join(_ERRORS)}): (.*?)\nTraceback \(most", re.DOTALL)


def original_error(error: Exception) -> Exception:
    """The error that Python code inside a `tf.data` pipeline raised.

    TensorFlow raises a `tf.errors.OpError` in its place, whose text contains the type,
    the message and the traceback.

    Args:
        error: From an iterator over the pipeline, or from `fit`.

    Returns:
        An error of the original type with the original message; `error` itself if it
        contains none of the types that files, wrong values and a lack of memory raise.
    """
    match = _RAISED.search(str(error))
    return _ERRORS[match[1]](match[2]) if match else error
