"""Rendering a whole data set on all cores."""

import math
import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import cv2
from tqdm import tqdm

from data.files.whole_file import whole_folder
from data.synthetic.imaging.weather import VARIATIONS
from data.synthetic.writer import render_frames

_LONGEST_PIECE = 50  # frames between two steps of the progress bar


def render_data_set(
    out_dir, num_videos, num_frames, image_size, seed, processes=None, progress=True
):
    """Renders a whole data set, or leaves nothing behind.

    Args:
        out_dir: Folder to make; if it is there, it must be empty.
        num_videos: Number of videos; video i is world i + 1, weathers in turn.
        num_frames: Frames of each video.
        image_size: (height, width) in pixels.
        seed: Non-negative int; the same one renders the same bytes.
        processes: How many to use, all cores by default.
        progress: Whether to draw a progress bar.

    Raises:
        FileExistsError: If `out_dir` is a file, or a folder that holds something.
    """
    out_dir = Path(out_dir).absolute()
    if out_dir.exists() and not (out_dir.is_dir() and not any(out_dir.iterdir())):
        raise FileExistsError(
            f"{out_dir} is not empty; the output folder must be new or empty"
        )
    processes = processes or os.cpu_count()
    pieces = pieces_of_videos(num_videos, num_frames, processes)
    common = seed, num_frames, image_size
    total = num_videos * num_frames
    with (
        whole_folder(out_dir) as root,
        tqdm(total=total, unit="frame", disable=not progress) as bar,
    ):
        for done in _run(root, pieces, common, min(processes, len(pieces))):
            bar.update(done)


def pieces_of_videos(num_videos: int, num_frames: int, processes: int):
    """Cuts videos into pieces: one for each process at least, and no long ones.

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
    """Yields the number of frames of each piece as it is done."""
    if processes == 1:
        yield from (render_frames(root, *piece, *common) for piece in pieces)
        return
    # Spawned, not forked: a fork inherits the locks of threads it does not have.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, context, initializer=_start_worker)
    try:
        futures = [
            pool.submit(render_frames, root, *piece, *common) for piece in pieces
        ]
        yield from (future.result() for future in as_completed(futures))
    finally:
        pool.shutdown(cancel_futures=True)


def _start_worker():
    cv2.setNumThreads(1)
    # Ctrl-C reaches every process; the first one tells the others to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
