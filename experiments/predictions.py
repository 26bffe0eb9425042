"""What a system predicts, in files of label maps or in a video of colours."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from data.frame_tree import FrameTree
from data.nearest_colours import NearestColours
from data.video_file import read_frames
from experiments.read_ahead import read_ahead


class PredictedFiles:
    """PNGs of label maps, one a frame.

    Args:
        root: Folder.
        encoding: `decode(path)` gives a label map.
    """

    def __init__(self, root: str, encoding):
        self.source = FrameTree(root, (".png",), "predictions")
        self._encoding = encoding

    def maps(self, paths: Sequence[str]) -> Iterator[np.ndarray]:
        """Yields the label maps of some frames, uint8 (height, width)."""
        return read_ahead(self._encoding.decode, paths)

    def title(self, path: str) -> str:
        """What an error calls a frame."""
        return path


class PredictedVideo:
    """A video file in the colours of classes.

    Args:
        path: The file.
        colours: What they mean.
    """

    def __init__(self, path: str, colours: NearestColours):
        self.source = path
        self._colours = colours

    def maps(self, indices: Sequence[int]) -> Iterator[np.ndarray]:
        """Yields the label maps of some frames, uint8 (height, width)."""
        frames = frames_of_video(self.source, indices)
        return read_ahead(
            lambda pair: self._colours.decode(pair[1], self.title(pair[0])), frames
        )

    def title(self, index: int) -> str:
        """What an error calls a frame."""
        return f"Frame {index} of {self.source}"


def frames_of_video(path, indices) -> Iterator[tuple[int, np.ndarray]]:
    """Yields (index, uint8 RGB) of some frames of a video file; indices ascend."""
    wanted = set(indices)
    for index, frame in enumerate(read_frames(path)):
        if index in wanted:
            yield index, frame
        if index == indices[-1]:
            return


def is_video_file(source: str) -> bool:
    return Path(source).is_file()
