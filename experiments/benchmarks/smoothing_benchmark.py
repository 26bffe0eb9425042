"""What smoothing costs for each frame, against one step of ICNet."""

from dataclasses import dataclass
from itertools import cycle

import cv2
import keras
import numpy as np

from experiments.benchmarks.interleaved import time_interleaved
from experiments.benchmarks.step_call import call_of_step
from experiments.presentation.text_table import text_table
from lstm_icnet.deployment.folding import fold_batch_norm
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.smoothing import SMOOTHINGS, make_smoother

# Image sizes with their number of classes: Cityscapes and CamVid.
SIZES = {(1024, 2048): 19, (360, 480): 11}
_ICNET = "ICNet"
_SHIFT = 3, 5  # pixels that the camera moves between two frames, down and right


@dataclass(frozen=True)
class Row:
    """One smoother, or ICNet's step to logits, at one size.

    Attributes:
        height, width: Of the image, in pixels.
        name: Of the smoother, or `ICNet`.
        ms, low_ms, high_ms: Median and quartiles for each frame.
        percent: Time in percent of ICNet's step in the same round, median.
    """

    height: int
    width: int
    name: str
    ms: float
    low_ms: float
    high_ms: float
    percent: float


def benchmark_smoothing(
    sizes: dict[tuple[int, int], int] = SIZES, rounds: int = 7, progress: bool = True
) -> list[Row]:
    """Times every smoother on ICNet's output grid, and ICNet, in one interleaved run.

    The images are a texture that moves, so that optical flow has something to find.

    Args:
        sizes: Number of classes by (height, width) of the image.
        rounds: How often each is timed.
        progress: Whether to show progress bars.
    """
    keras.utils.set_random_seed(0)
    jobs = {}
    for size, num_classes in sizes.items():
        icnet = fold_batch_norm(ICNet(num_classes=num_classes, image_size=size))
        jobs[size, _ICNET] = call_of_step(icnet.build_step())
        grid = icnet.output["main"].shape[1:]
        for name in SMOOTHINGS:
            if name != "none":
                jobs[size, name] = _smoothing_call(name, size, grid)
    timings = time_interleaved(jobs, rounds, progress)
    rows = []
    for (size, name), timing in timings.items():
        icnet_ms = np.array(timings[size, _ICNET].rounds_ms)
        percent = float(np.median(100 * np.array(timing.rounds_ms) / icnet_ms))
        times = timing.median_ms, timing.low_ms, timing.high_ms
        rows.append(Row(*size, name, *times, percent))
    return rows


def _smoothing_call(name, image_size, grid):
    """A call that smooths the next frame of a video played forwards and backwards."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (*image_size, 3), dtype=np.uint8)
    texture = cv2.GaussianBlur(noise, (0, 0), 4)
    texture = cv2.normalize(texture, None, 0, 255, cv2.NORM_MINMAX)
    moved = np.roll(texture, _SHIFT, axis=(0, 1))
    frames = cycle(
        [(rng.standard_normal(grid).astype(np.float32), im) for im in (texture, moved)]
    )
    smoother = make_smoother(name)
    for _ in range(4):
        smoother(*next(frames))
    return lambda: smoother(*next(frames))


def describe(rows: list[Row]) -> str:
    """A table for the terminal."""
    lines = [
        (
            f"{row.height}x{row.width} {row.name}",
            f"{row.ms:.2f}",
            f"{row.low_ms:.2f} to {row.high_ms:.2f}",
            f"{row.percent:.1f}",
        )
        for row in rows
    ]
    return text_table(("", "ms a frame", "quartiles", "percent of ICNet"), lines)
