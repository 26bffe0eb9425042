"""Times the metrics of flicker, compared with comparing the same label maps once."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from experiments.benchmarks.interleaved import Timing, time_interleaved
from experiments.presentation.text_table import table_of
from lstm_icnet.flicker import (
    IGNORE_LABEL,
    BorderFlicker,
    FlickeringImagePixels,
    FlickeringPixels,
    StaleRate,
    through_output_grid,
)

NUM_PAIRS = 1000
_NUM_FRAMES = 9  # in memory at a time
_NUM_CLASSES = 19
_BOUND = "comparing once"
# Timed on a fortieth of the pairs, as they take far longer for each.
_SLOW = ("mFP near borders and inside", "the floor")
_SLOW_SHARE = 40


@dataclass(frozen=True)
class Row:
    """One metric, or the bound.

    Attributes:
        name: `mFP`, `mFIP`, `mFP and mFIP`, `stale rate`, `mFP near borders and
            inside`, `the floor`, `comparing once`.
        num_pairs: Pairs of frames in a round.
        seconds, low, high: Median and quartiles over the rounds.
        ratio: Time over that of the bound for as many pairs, median over the rounds.
    """

    name: str
    num_pairs: int
    seconds: float
    low: float
    high: float
    ratio: float


def benchmark_flicker(
    image_size: tuple[int, int],
    num_pairs: int = NUM_PAIRS,
    rounds: int = 7,
    progress: bool = True,
) -> list[Row]:
    """Times the metrics on uint8 maps in memory, in one interleaved run on one thread.

    The bound compares the same predictions once and counts the pixels that differ;
    a metric that reads every pixel cannot be faster. The same few frames are scored
    repeatedly, so that any number of pairs fits into memory.

    Args:
        image_size: (height, width) of the maps.
        num_pairs: Pairs of frames in a round, a fortieth of them for the slow measures.
        rounds: How many times each is timed.
        progress: Whether to show a progress bar.
    """
    labels, predictions = random_maps(image_size)

    def job_of(*updates, pairs=num_pairs):
        def job():
            for window in _windows(pairs):
                for update in updates:
                    update(labels[window], predictions[window])

        return job

    mfp, mfip, stale = FlickeringPixels(), FlickeringImagePixels(), StaleRate()
    borders, floor = BorderFlicker(), FlickeringPixels()
    few = max(1, num_pairs // _SLOW_SHARE)

    def update_mfip(_, predictions):
        mfip.update(predictions)

    def update_floor(labels, _):
        floor.update(labels, through_output_grid(labels))

    slow = dict(zip(_SLOW, (borders.update, update_floor), strict=True))
    timings = time_interleaved(
        {
            _BOUND: job_of(_compare_once),
            "mFP": job_of(mfp.update),
            "mFIP": job_of(update_mfip),
            "mFP and mFIP": job_of(mfp.update, update_mfip),
            "stale rate": job_of(stale.update),
            **{name: job_of(update, pairs=few) for name, update in slow.items()},
        },
        rounds,
        progress,
    )
    bound = np.array(timings[_BOUND].rounds_ms) / num_pairs
    return [
        _row(name, timing, bound, few if name in _SLOW else num_pairs)
        for name, timing in timings.items()
    ]


def random_maps(image_size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Labels and predictions of a moving scene, uint8 (frames, height, width).

    Blocks of one class move by two pixels a frame, a strip is ignored, and one
    predicted pixel in twenty is wrong.
    """
    rng = np.random.default_rng(0)
    height, width = image_size
    side = 16
    blocks = rng.integers(
        0, _NUM_CLASSES, (-(-height // side), -(-width // side)), dtype=np.uint8
    )
    scene = blocks.repeat(side, axis=0).repeat(side, axis=1)[:height, :width]
    labels = np.stack([np.roll(scene, 2 * t, axis=1) for t in range(_NUM_FRAMES)])
    wrong = rng.integers(0, _NUM_CLASSES, labels.shape, dtype=np.uint8)
    predictions = np.where(rng.integers(0, 20, labels.shape) == 0, wrong, labels)
    labels[:, : -(-height // 20)] = IGNORE_LABEL
    return labels, predictions


def describe(rows: list[Row], image_size: tuple[int, int]) -> str:
    """A table for the terminal."""
    height, width = image_size
    return table_of(
        rows,
        {
            f"{height}x{width}": lambda row: row.name,
            "pairs": lambda row: str(row.num_pairs),
            "seconds": lambda row: f"{row.seconds:.2f}",
            "quartiles": lambda row: f"{row.low:.2f} to {row.high:.2f}",
            "to the bound": lambda row: f"{row.ratio:.1f}",
        },
    )


def _windows(num_pairs):
    """Slices of the frames in memory that hold `num_pairs` pairs together."""
    whole, rest = divmod(num_pairs, _NUM_FRAMES - 1)
    yield from [slice(0, _NUM_FRAMES)] * whole
    if rest:
        yield slice(0, rest + 1)


def _compare_once(_, predictions):
    for before, after in pairwise(predictions):
        np.count_nonzero(np.not_equal(before, after))


def _row(name, timing: Timing, bound_ms, num_pairs):
    ratio = float(np.median(np.array(timing.rounds_ms) / num_pairs / bound_ms))
    times = (timing.median_ms, timing.low_ms, timing.high_ms)
    return Row(name, num_pairs, *(ms / 1000 for ms in times), ratio)
