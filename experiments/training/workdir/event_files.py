"""TensorBoard's event files, from which later steps can be removed.

Such a file is a sequence of records: the length of the content in eight bytes, a
checksum of the length in four, the content, and a checksum of the content in four.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

import tensorflow as tf

from data.files.whole_file import whole_file

_HEAD, _TAIL = 12, 4


def forget_events_after(folder: Path, step: int) -> None:
    """Removes what later steps wrote to the event files of a folder.

    TensorBoard would show the points of those steps twice after they are done again. A
    last record that a killed process left incomplete is removed as well, and so is a
    file of which nothing but its header stays.

    Args:
        folder: It may be missing.
        step: Events of this step stay.
    """
    for file in sorted(folder.glob("events.out.tfevents.*")):
        content = file.read_bytes()
        events = [(_parsed(record), record) for record in _records(content)]
        kept = [(event, record) for event, record in events if event.step <= step]
        if all(event.HasField("file_version") for event, _ in kept):
            file.unlink()
        elif len(kept) < len(events) or sum(len(r) for _, r in kept) < len(content):
            with whole_file(file) as temporary:
                temporary.write_bytes(b"".join(record for _, record in kept))


def _records(content: bytes) -> Iterator[bytes]:
    """The complete records from the start, each with length and checksums."""
    start = 0
    while start + _HEAD <= len(content):
        (length,) = struct.unpack_from("<Q", content, start)
        end = start + _HEAD + length + _TAIL
        if end > len(content):
            return
        yield content[start:end]
        start = end


def _parsed(record):
    return tf.compat.v1.Event.FromString(record[_HEAD:-_TAIL])
