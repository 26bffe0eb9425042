"""Checksums by which weights and files are recognised."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np


def sha256_of_weights(weights: Iterable[np.ndarray]) -> str:
    """SHA-256 of the shapes and float32 values of weights, in their order."""
    checksum = hashlib.sha256()
    for weight in weights:
        array = np.ascontiguousarray(weight, "<f4")
        checksum.update(repr(np.shape(weight)).encode())
        checksum.update(array.tobytes())
    return checksum.hexdigest()


def sha256_of_files(folder: Path) -> dict[str, str]:
    """SHA-256 of all files in `folder` and below it, by path with `/`."""
    return {
        file.relative_to(folder).as_posix(): sha256_of_file(file)
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def sha256_of_file(file: Path) -> str:
    """SHA-256 of the content of a file."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
