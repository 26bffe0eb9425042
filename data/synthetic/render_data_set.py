"""Rendering a whole data set on all cores."""

import math
import os
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from tqdm import tqdm

from data.files.whole_file import whole_folder
from data.files.workers import worker_pool
from data.synthetic.imaging.weather import VARIATIONS
from data.synthetic.writer import render_frames

_LONGEST_PIECE = 50  # frames between two steps of the progress bar


def render_data_set(
    out_dir: str | Path,
    num_videos: int,
    num_frames: int,
    image_size: tuple[int, int],
    seed: int,
    processes: int | None = None,
    progress: bool = True,
) -> None:
    """Renders a whole data set; after an error, `out_dir` is as it was before.

    Args:
        out_dir: New or empty folder.
        num_videos: Number of videos. Video i shows world i + 1; the weathers alternate.
        num_frames: Frames of each video.
        image_size: (height, width) in pixels.
        seed: Non-negative int; equal seeds give equal bytes.
        processes: Number of processes, one per core by default.
        progress: Whether to draw a progress bar.

    Raises:
        FileExistsError: If `out_dir` is a file, or a folder that holds something.
        MemoryError: If the system ends one of the processes.
        OSError: If a file cannot be written.
    """
    out_dir = Path(out_dir).absolute()
    if out_dir.exists() and not (out_dir.is_dir() and not any(out_dir.iterdir())):
        raise FileExistsError(
            f"{out_dir} is not empty; the output folder must be new or empty"
        )
    processes = processes or os.cpu_count() or 1
    pieces = pieces_of_videos(num_videos, num_frames, processes)
    common = seed, num_frames, image_size
    total = num_videos * num_frames
    with (
        whole_folder(out_dir) as root,
        tqdm(total=total, unit="frame", disable=not progress or None) as bar,
    ):
        for done in _run(root, pieces, common, min(processes, len(pieces))):
            bar.update(done)


def pieces_of_videos(
    num_videos: int, num_frames: int, processes: int
) -> list[tuple[tuple[int, str], range]]:
    """Divides videos into short pieces, at least one for each process.

    Returns:
        A list of ((world, variation), range of frames).
    """
    per_video = math.ceil(processes / num_videos)
    length = min(math.ceil(num_frames / per_video), _LONGEST_PIECE)
    pieces = []
    for video in range(num_videos):
        name = video + 1, VARIATIONS[video % len(VARIATIONS)]
        for start in range(0, num_frames, length):
            pieces.append((name, range(start, min(start + length, num_frames))))
    return pieces


def _run(root, pieces, common, processes):
    """Yields the number of frames of each piece when it is finished."""
    if processes == 1:
        yield from (render_frames(root, *piece, *common) for piece in pieces)
        return
    try:
        with worker_pool(processes) as pool:
            futures = [
                pool.submit(render_frames, root, *piece, *common) for piece in pieces
            ]
            yield from (future.result() for future in as_completed(futures))
    except BrokenProcessPool:
        raise MemoryError("the system ended a process that rendered frames") from None
