"""A file that lies in a shard instead of a folder."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class StoredFile:
    """One file of a frame, in a shard; used like the path of a file in a folder.

    Attributes:
        source: Random access to the frames in the shards, as dicts of bytes by part.
        index: Number of the frame in `source`.
        part: `image` or `label`.
        name: Name of the file in errors.
        frame: What the shard calls the frame; None if it stores no names.
    """

    source: Sequence[Mapping[str, bytes]]
    index: int
    part: str
    name: str
    frame: str | None = None

    def read_bytes(self) -> bytes:
        """The bytes of the file.

        Raises:
            ValueError: If the shard is missing or damaged, or holds another frame.
        """
        try:
            stored = self.source[self.index]
            content = stored[self.part]
            frame = stored["frame"] if self.frame is not None else None
        except (LookupError, OSError, RuntimeError, ValueError) as error:
            raise self._error(" ".join(str(error).split())) from None
        if content is None:  # the shard is cut off
            raise self._error("nothing is stored there")
        if self.frame is not None and frame != os.fsencode(self.frame):
            raise self._error(
                "another frame is stored there, so the shard and its metadata.json "
                "belong to different data"
            )
        return content

    def _error(self, why: str) -> ValueError:
        return ValueError(f"{self} cannot be read from its shard: {why}")

    def __str__(self) -> str:
        return self.name
