"""Plain errors out of a `tf.data` pipeline."""

import re

_PLAIN = {error.__name__: error for error in (FileNotFoundError, TypeError, ValueError)}
_RAISED = re.compile(rf"\b({'|'.join(_PLAIN)}): (.*?)\nTraceback \(most", re.DOTALL)


def original_error(error: Exception) -> Exception:
    """The error that Python code inside a `tf.data` pipeline raised.

    TensorFlow hands on such an error as a `tf.errors.OpError` that carries its type,
    message and trace as text.

    Args:
        error: What came out of an iterator, or of `fit` over it.

    Returns:
        A FileNotFoundError, TypeError or ValueError with the message alone, or
        `error` itself if there is none of these in it.
    """
    match = _RAISED.search(str(error))
    return _PLAIN[match[1]](match[2]) if match else error
