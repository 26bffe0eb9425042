"""A file that lies in a shard instead of a folder."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class StoredFile:
    """One file of a frame, in a shard; it stands where else a path does.

    Attributes:
        source: Random access to the frames of a split.
        index: Of the frame in it.
        part: `image` or `label`.
        name: What an error calls it.
    """

    source: Sequence
    index: int
    part: str
    name: str

    def read_bytes(self) -> bytes:
        """The bytes of the file; ValueError if its shard is missing or damaged."""
        try:
            return self.source[self.index][self.part]
        except RuntimeError as error:
            why = " ".join(str(error).split())
            raise ValueError(f"{self} cannot be read from its shard: {why}") from None

    def __str__(self):
        return self.name
