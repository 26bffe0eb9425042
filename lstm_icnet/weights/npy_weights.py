"""Reads pickled `.npy` files of weights without running the code in the pickle.

A pickle is a program that names functions and calls them, so
`numpy.load(allow_pickle=True)` runs any code that the file contains. Here, each name
that a file of arrays and dicts needs is replaced by a small class of ours, which stores
and checks plain data; any other name is an error.
"""

import pickle
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.lib import format as npy_format

from lstm_icnet.weights.foreign_files import (
    check_regular_file,
    first_line,
    refuse_lfs_pointer,
)


def read_npy_weights(path: str | Path) -> dict[str, dict[str, np.ndarray]]:
    """The weights in a `.npy` file that holds `{layer: {name: float array}}`.

    Files of Python 2 and 3, NumPy 1 and 2, as `numpy.save` wrote them.

    Args:
        path: The file.

    Returns:
        The same dict, all arrays float32.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is damaged or contains anything else. No code of the
            file has been run.
    """
    path = Path(path)
    check_regular_file(path, "weights as numpy.save writes them")
    refuse_lfs_pointer(path)
    try:
        with path.open("rb") as file:
            _check_header(file)
            return _weights_in(_Unpickler(file, encoding="latin1").load())
    except Exception as error:  # a broken pickle can raise anything at all
        raise ValueError(
            f"{path} cannot be read as weights: {first_line(error)}"
        ) from error


def _check_header(file):
    version = npy_format.read_magic(file)
    if version == (1, 0):
        shape, _, dtype = npy_format.read_array_header_1_0(file)
    else:
        shape, _, dtype = npy_format.read_array_header_2_0(file)
    if dtype != np.dtype(object) or shape != ():
        raise ValueError(
            f"it holds an array of {dtype} and shape {shape}, not one pickled dict"
        )


class _PickledDtype:
    """Replaces `numpy.dtype` in the pickle: a type code and a byte order."""

    def __init__(self, code, align, copy):
        self._code = code
        self._byte_order = None

    def __setstate__(self, state):
        self._byte_order = state[1]

    @property
    def is_object(self):
        return self._code in ("O", "O4", "O8")

    def as_float(self):
        """The dtype, if it is a float type; ValueError otherwise."""
        if self._code not in ("f2", "f4", "f8") or self._byte_order not in ("<", ">"):
            raise ValueError(f"an array of {self._code!r} is among the weights")
        return np.dtype(self._byte_order + self._code)


class _PickledArray:
    """Replaces `numpy.ndarray` and its `_reconstruct` in the pickle.

    `value` is a float32 array, or a list for an array of objects.
    """

    value = None

    def __init__(self, *_):
        """Ignores the arguments; `__setstate__` gets the shape, type and data."""

    def __setstate__(self, state):
        _, shape, dtype, fortran_order, data = state
        if dtype.is_object:
            self.value = data
            return
        if isinstance(data, str):  # Python 2 stored bytes as strings
            data = data.encode("latin1")
        array = np.frombuffer(data, dtype.as_float())
        order: Literal["F", "C"] = "F" if fortran_order else "C"
        with np.errstate(over="ignore"):  # infinities are reported by name later
            self.value = array.reshape(shape, order=order).astype("float32")


def _latin1_bytes(text, encoding):
    """Replaces `_codecs.encode`, by which old pickles store the bytes of Python 3."""
    return text.encode("latin1")


_ADMITTED = {
    ("numpy.core.multiarray", "_reconstruct"): _PickledArray,
    ("numpy._core.multiarray", "_reconstruct"): _PickledArray,
    ("numpy", "ndarray"): _PickledArray,
    ("numpy", "dtype"): _PickledDtype,
    ("_codecs", "encode"): _latin1_bytes,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) not in _ADMITTED:
            raise pickle.UnpicklingError(
                f"its pickle uses {module}.{name}, which a dict of float arrays does "
                f"not need"
            )
        return _ADMITTED[module, name]


def _weights_in(array):
    """The dict in an array of one object, with plain arrays in it."""
    content = array.value if isinstance(array, _PickledArray) else None
    if not isinstance(content, list) or not isinstance(content[0], dict):
        raise ValueError("it holds no dict of layers")
    return {layer: _layer_in(layer, given) for layer, given in content[0].items()}


def _layer_in(layer, given):
    if not isinstance(layer, str) or not isinstance(given, dict):
        raise ValueError(f"its entry {layer!r:.80} is not the dict of a layer")
    weights = {}
    for name, array in given.items():
        value = array.value if isinstance(array, _PickledArray) else None
        if not isinstance(name, str) or not isinstance(value, np.ndarray):
            raise ValueError(f"{name!r:.80} of {layer} is not an array of floats")
        weights[name] = value
    return weights
