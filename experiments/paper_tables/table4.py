"""Table IV of the paper, counted and timed on our networks."""

from dataclasses import dataclass

import keras
import numpy as np
from tqdm import tqdm

from experiments.benchmarks.compiled import device
from experiments.benchmarks.interleaved import Timing, time_interleaved
from experiments.benchmarks.step_call import call_of_step, smooth_image
from experiments.paper_tables.printed import PAPER_ROWS, PaperRow, paper_name
from lstm_icnet.deployment.folding import fold_batch_norm
from lstm_icnet.deployment.video_segmenter import VideoSegmenter
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.network.step_flops import step_flops

IMAGE_SIZE = (1024, 2048)


@dataclass(frozen=True)
class Row:
    """One network.

    Attributes:
        version, cell: `None` for ICNet.
        parameters: Number of trainable parameters, with both auxiliary heads.
        flops: FLOPs of one step, as the TensorFlow profiler counts them.
        timing: Times of one streaming step as it is deployed: batch normalisation
            folded, no auxiliary heads, from an image to logits.
        frame: Times of what a user waits for, `VideoSegmenter.segment_frame`, from an
            image to its label map.
        paper: The paper's row.
    """

    version: int | None
    cell: str | None
    parameters: int
    flops: int
    timing: Timing
    frame: Timing
    paper: PaperRow

    @property
    def name(self):
        return paper_name(self.version, self.cell)


def table4(image_size=IMAGE_SIZE, rounds: int = 7, progress=True) -> list[Row]:
    """Counts all thirteen networks and times their steps in one interleaved run.

    Args:
        image_size: (height, width); the paper's by default.
        rounds: How many times each is timed.
        progress: Whether to show progress bars.
    """
    keras.utils.set_random_seed(0)
    counts, calls = {}, {}
    for version, cell in tqdm(
        PAPER_ROWS,
        "building",
        leave=False,
        disable=not progress or None,
        unit="network",
    ):
        model = ICNet(version, cell, image_size=image_size, num_frames=1)
        counts[version, cell] = (_parameters(model), step_flops(model))
        folded = fold_batch_norm(model)
        calls[version, cell, "step"] = call_of_step(folded.build_step())
        calls[version, cell, "frame"] = _frame_call(folded)
        del model
    timings = time_interleaved(calls, rounds, progress)
    return [
        Row(*key, *counts[key], timings[*key, "step"], timings[*key, "frame"], paper)
        for key, paper in PAPER_ROWS.items()
    ]


def _frame_call(folded):
    segmenter, image = VideoSegmenter(folded), smooth_image(folded.image_size)
    return lambda: segmenter.segment_frame(image)


def _parameters(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def percent_of_standard(rows: list[Row], value) -> list[float]:
    """`value(row)` as percent of the standard cell's in the same version."""
    standard = {
        row.version: value(row) for row in rows if row.cell in (None, "standard")
    }
    return [100 * value(row) / standard[row.version] for row in rows]


def as_json(rows: list[Row]) -> list[dict]:
    """One object for each network.

    The time of its step is under `cpu_ms` or `gpu_ms`, and that of a whole frame under
    `cpu_frame_ms` or `gpu_frame_ms`.
    """
    kind, name = device()
    columns = {
        "parameters_percent": percent_of_standard(rows, lambda row: row.parameters),
        "gflops_percent": percent_of_standard(rows, lambda row: row.flops),
        f"{kind}_percent": percent_of_standard(rows, lambda row: row.timing.median_ms),
    }
    return [
        {
            "model": "icnet" if row.version is None else f"lstm_icnet_v{row.version}",
            "cell": row.cell,
            "parameters": row.parameters,
            "gflops": row.flops / 1e9,
            f"{kind}_ms": row.timing.median_ms,
            f"{kind}_low_ms": row.timing.low_ms,
            f"{kind}_high_ms": row.timing.high_ms,
            f"{kind}_frame_ms": row.frame.median_ms,
            **{column: values[number] for column, values in columns.items()},
            "paper_parameters": 1000 * row.paper.parameters,
            "paper_gflops": row.paper.gflops,
            "paper_cpu_ms": row.paper.cpu_ms,
            "paper_gpu_ms": row.paper.gpu_ms,
            "device": name,
            "precision": keras.config.dtype_policy().name,
        }
        for number, row in enumerate(rows)
    ]
